"""Who pressed Stop. A run looks here between two steps and concludes with what it has."""

import threading


class Stops:
    """Sessions that asked one kind of run to stop. Gradio's `cancels=` would drop the generator and its honest end."""

    def __init__(self) -> None:
        self._sessions: set[str] = set()
        self._lock = threading.Lock()

    def ask(self, session: str) -> None:
        with self._lock:
            self._sessions.add(session)

    def asked(self, session: str) -> bool:
        with self._lock:
            return session in self._sessions

    def forget(self, session: str) -> None:
        with self._lock:
            self._sessions.discard(session)
