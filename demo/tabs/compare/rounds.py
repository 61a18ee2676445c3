"""The photos of a comparison, one after the other: which they are, and what came of each."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from demo.engine.annotators import load_annotator, read_photo
from demo.engine.guessed_truth import guessed_truth, nothing_left
from demo.engine.plan import Plan
from demo.engine.win import was_met
from demo.photos.public_names import photo_id
from demo.photos.selection import Selection, Source, chosen_samples, selected
from demo.tabs.compare.limits import Limit
from demo.tabs.compare.methods import Entry, plans

MOST_PHOTOS = 12  # with the one on the tab "Attack", where that is taken
SECONDS = 600.0  # of computing; no photo begins after them


@dataclass(eq=False)
class Round:
    """One photo: every method's plan, and its report when it has come to its end, else None."""

    entry: Entry
    plans: list[Plan]
    reports: list[dict[str, Any] | None] = field(default_factory=list)
    broken: bool = False  # whether an error ended the comparison here

    def __post_init__(self) -> None:
        self.reports = [None] * len(self.plans)

    @property
    def title(self) -> str:
        return self.entry.title

    @property
    def ended(self) -> list[dict[str, Any]]:
        """The reports that there are."""
        return [report for report in self.reports if report]

    @property
    def complete(self) -> bool:
        """Whether every method has had its run, none of them stopped by hand."""
        return len(self.ended) == len(self.plans) and all(report["stopped"] != "user" for report in self.ended)

    @property
    def met_before(self) -> bool:
        """Whether the photo met the goal before any attack: nothing is to be won there."""
        return self.complete and all(map(was_met, self.ended))


def without_attacks(entry: Entry, samples: Any, uploads: Sequence[str] | None, files: Mapping[str, str]) -> bool:
    """Whether the photo on the tab "Attack" is left out: who brings photos means these, unless it is among what they chose."""
    chosen = [*(files[name] for name in chosen_samples(samples, files)), *(uploads or ())]
    return bool(uploads) and photo_id(entry.photo) not in map(photo_id, chosen)


def unmarked(entry: Entry, samples: Any, uploads: Sequence[str] | None, files: Mapping[str, str]) -> bool:
    """Whether the photo on the tab "Attack" is left out as no label is marked as true on it, while others are chosen here."""
    return not entry.true and len(others(entry, samples, uploads, files)) > 0


def others(entry: Entry, samples: Any, uploads: Sequence[str] | None, files: Mapping[str, str]) -> Selection:
    """The photos beside that of the tab "Attack", which is not taken twice, or without it."""
    mine = photo_id(entry.photo)
    names = [name for name in chosen_samples(samples, files) if photo_id(files[name]) != mine]
    room = MOST_PHOTOS if without_attacks(entry, samples, uploads, files) else MOST_PHOTOS - 1
    return selected(names, [path for path in uploads or () if photo_id(path) != mine], files, room)


def entry_for(entry: Entry, source: Source) -> Entry:
    """The same question about another photo; what is true on it is known or guessed, and empty where nothing is found.

    ValueError names the photo.
    """
    annotator = load_annotator(entry.annotator)
    try:
        true = source.truth or guessed_truth(read_photo(source.path, entry.annotator), annotator)
    except ValueError as error:
        raise ValueError(f"{source.title}: {error}") from error
    return replace(entry, photo=source.path, true=true, title=source.title, guessed=not source.truth)


def gathering(
    first: Sequence[Round], entry: Entry, sources: Sequence[Source], aim: Any, methods: Any, limit: Limit, seed: Any
) -> Generator[int, None, tuple[list[Round], list[str]]]:
    """The number of each photo before it is read; returns `first` with them, and the titles of those left out.

    A photo is left out where nobody said what is true on it and the annotator finds none of its labels. ValueError where that
    leaves none.
    """
    photos, nothing_found = [*first], list[str]()
    for number, source in enumerate(sources, 1):
        yield number
        about = entry_for(entry, source)
        if about.true:
            photos.append(Round(about, plans_for(about, aim, methods, limit, seed)))
        else:
            nothing_found.append(about.title)
    if not photos:
        raise ValueError(nothing_left(nothing_found, entry.annotator))
    return photos, nothing_found


def plans_for(entry: Entry, aim: Any, methods: Any, limit: Limit, seed: Any) -> list[Plan]:
    """`methods.plans`, whose refusals name the photo: with several it is not plain which one is meant."""
    try:
        return plans(entry, aim, methods, limit, seed)
    except ValueError as error:
        raise ValueError(f"{entry.title}: {error}") from error


def spent(rounds: Sequence[Round]) -> float:
    """Seconds that the runs have taken."""
    return sum(report["seconds"] for one in rounds for report in one.ended)
