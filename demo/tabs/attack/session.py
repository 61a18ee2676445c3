"""What the server remembers about one visitor: what stands on the stage, and what is asked of a run that goes on."""

from dataclasses import dataclass

import gradio as gr

from demo.components.run_bar import Stops
from demo.photos.public_names import photo_id
from demo.render.pictures import AMPLIFY

MOST_OWN = 6  # photos of one visitor among the samples


@dataclass(frozen=True)
class OwnPhoto:
    """A photo that a visitor uploaded, and what they marked as true on it; `true` is None while they have not.

    annotator: whose labels they marked, as the browser says.
    """

    photo: str
    true: tuple[str, ...] | None = None
    annotator: str = ""

    @property
    def name(self) -> str:
        """What the browser calls it."""
        return photo_id(self.photo)


Own = tuple[OwnPhoto, ...]  # the one that was uploaded last at the end; at most MOST_OWN


def with_upload(own: Own, photo: OwnPhoto) -> Own:
    """The visitor's photos and one more; where it is among them already it is now the last one, and marked anew."""
    return (*(one for one in own if one.name != photo.name), photo)[-MOST_OWN:]


@dataclass(frozen=True)
class SessionState:
    """What a visitor is looking at: the photo's path, the sample's name if it is one, whether an attack has run on it.

    `own` is an Own: photos that can be looked at again after another one; `replay` holds the last run's frames.
    """

    photo: gr.State
    sample: gr.State
    own: gr.State
    attacked: gr.State
    replay: gr.State


class RunFlags(Stops):
    """What visitors asked of the runs on the stage besides to stop: to leave it, and how strong to draw the change."""

    def __init__(self) -> None:
        super().__init__()
        self._left: set[str] = set()
        self._factor: dict[str, int] = {}  # by the sessions that have a run

    def leave(self, session: str) -> None:
        """Another photo or annotator was chosen: a run that goes on ends, and the stage no longer belongs to it."""
        with self._lock:
            if session in self._factor:
                self._stopping[session] = None
                self._left.add(session)

    def left(self, session: str) -> bool:
        with self._lock:
            return session in self._left

    def amplify(self, session: str, factor: int) -> None:
        """Draw the change `factor` times as strong from here on."""
        with self._lock:
            self._factor[session] = factor

    def factor(self, session: str) -> int:
        with self._lock:
            return self._factor.get(session, AMPLIFY)

    def running(self, session: str) -> bool:
        with self._lock:
            return session in self._factor

    def forget(self, session: str) -> None:
        """The session's run has ended, one way or another."""
        with self._lock:
            self._left.discard(session)
            self._factor.pop(session, None)
        super().forget(session)  # last, since leave() does nothing for a session without a run
