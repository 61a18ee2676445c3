"""The photos that one change is crafted over, and those that it is tried on afterwards."""

import hashlib
from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

import tkml_core as tk
from demo.catalog.english import in_top, listed
from demo.engine.annotators import Photo, load_annotator, read_photo
from demo.engine.guessed_truth import guessed_truth, nothing_left
from demo.photos.samples import sample
from demo.photos.selection import Source, known_truth
from tkml_core.step_generators import drain

VIEWS = 4  # pictures that `views` makes of one photo
USED, PARTLY, NEW, YOURS = "used to make it", "partly used to make it", "new", "yours"  # what a photo is to a change
CLOSER = 0.075  # of the width, cut from every side for the closer view, which shows 85% of it
# The others share no photo with these: what is tried on them says something about photos that z has not seen.
DEFAULT_SET = ("cat", "motorcycle", "astronaut", "mosaic")


@dataclass(frozen=True, eq=False)
class PhotoSet:
    """Pictures to craft over: x (N,3,S,S) on k/255 levels, true (N,m) bool, and what they were made of."""

    x: Tensor
    true: Tensor
    photos: int
    guessed: int  # photos whose truth is the annotator's guess
    left_out: tuple[str, ...]  # titles of photos on which the annotator is wrong already
    cleared_before: int  # pictures, mirrored or cut closer, with no true label in the top-k without any change
    inconsistent_before: int  # pictures with E = 0 without any change
    prints: frozenset[str]  # of every photo, as `fingerprint` has them
    nothing_found: tuple[str, ...] = ()  # titles of photos in which the annotator finds none of its labels


def fingerprint(x: Tensor) -> str:
    """What copies of a prepared photo (1,3,S,S) have in common, whatever their files are called and however they are stored.

    A photo and its mirror image have the same one.
    """
    levels = (x * 255).round().byte().cpu()
    return min(hashlib.sha256(seen.contiguous().numpy().tobytes()).hexdigest() for seen in (levels, levels.flip(-1)))


def views(x: Tensor) -> Tensor:
    """A square photo (1,3,H,W), itself mirrored, and both cut closer: (VIEWS,3,H,W) on k/255 levels."""
    edge = round(CLOSER * x.shape[-1])
    cut = x[..., edge:-edge, edge:-edge]
    closer = functional.interpolate(cut, size=x.shape[-2:], mode="bilinear", antialias=True)
    return torch.cat([x, x.flip(-1), *(tk.quantize(picture) for picture in (closer, closer.flip(-1)))])


def read(source: Source, annotator_name: str) -> Photo:
    """The photo's centre square with its scores; ValueError names the photo."""
    try:
        return read_photo(source.path, annotator_name, square=True)
    except ValueError as error:
        raise ValueError(f"{source.title}: {error}") from error


def gather(sources: Sequence[Source], annotator_name: str, k: int, more_views: bool) -> PhotoSet:
    """The set of `gathering`, all at once."""
    return drain(gathering(sources, annotator_name, k, more_views))


def gathering(
    sources: Sequence[Source], annotator_name: str, k: int, more_views: bool
) -> Generator[int, None, PhotoSet]:
    """How many photos have been read, one after the other; returns the set to craft over at k.

    A photo on which nothing counts as true, or no true label is in the top-k, is left out: nothing is to be won there.
    """
    annotator = load_annotator(annotator_name)
    pictures, truths, guessed, left_out, nothing_found = [], [], 0, [], []
    prints = set()
    cleared = inconsistent = 0
    for count, source in enumerate(sources):
        yield count
        photo = read(source, annotator_name)
        names = source.truth or guessed_truth(photo, annotator)
        if not names:
            nothing_found.append(source.title)
            continue
        x, true = photo.x, annotator.mask(names)
        if int((~true).sum()) < k:
            raise ValueError(
                f"{source.title}: only {int((~true).sum())} labels are not true on it, too few for k = {k}. "
                "Choose a smaller k, or leave the photo out."
            )
        some = views(x) if more_views else x
        with torch.no_grad():
            logits = annotator(some)
        so_before = tk.Cleared(true=true, k=k).margin(logits) < 0
        if bool(so_before[0]):  # the photo as it is
            left_out.append(source.title)
            continue
        pictures.append(some)
        prints.add(fingerprint(x))
        truths.append(true.expand(len(some), -1))
        cleared += int(so_before.sum())
        inconsistent += int((~tk.consistent(logits, truths[-1], k)).sum())
        guessed += not source.truth
    if not pictures:
        before = (
            f" with a true label {in_top(k)} to begin with; there is none on {listed(left_out)}" if left_out else ""
        )
        nothing = f" {nothing_left(nothing_found, annotator_name)}" if nothing_found else ""
        raise ValueError(f"Choose at least one photo to make the change on{before}.{nothing}")
    x, y = torch.cat(pictures), torch.cat(truths)
    return PhotoSet(
        x, y, len(pictures), guessed, tuple(left_out), cleared, inconsistent, frozenset(prints), tuple(nothing_found)
    )


def _parts(name: str) -> set[str]:
    return set(sample(name).parts or (name,))


def note(photo: Photo, name: str | None, used: Sequence[str], prints: Collection[str]) -> str:
    """What a photo is to a change that was made of the samples `used` and of photos with the fingerprints `prints`.

    name: what the sample is called; None for an upload.
    """
    if prints and fingerprint(photo.x) in prints:
        return USED
    return YOURS if name is None else seen(name, used)


def seen(name: str, used: Sequence[str]) -> str:
    """How much of the sample called `name` is in the samples `used`."""
    if name in used:
        return USED
    return PARTLY if any(_parts(name) & _parts(other) for other in used) else NEW


def whole(names: Iterable[str]) -> list[str]:
    """Those of the samples called `names` that are no mosaics of others, so that each photo counts once."""
    return [name for name in names if not sample(name).parts]


def agreed(names: Iterable[str], files: dict[str, str], annotator_name: str, k: int) -> list[str]:
    """Those of the samples called `names` on whose centre square the top-k agrees with the truth: there a change shows.

    What an annotator gets wrong before any change looks like a mistake of the page.
    """
    annotator, found = load_annotator(annotator_name), []
    for name in names:
        true = known_truth(sample(name), annotator)
        logits = read_photo(files[name], annotator_name, square=True).logits
        if true and bool(tk.consistent(logits, annotator.mask(true).to(logits.device), k)[0]):
            found.append(name)
    return found


def unseen(used: Sequence[str], names: Iterable[str]) -> list[str]:
    """Those of the samples called `names` that share no photo with those in `used`."""
    return [name for name in names if seen(name, used) == NEW]
