"""A finished change as it is tried on photos: the visitor's own, or one that comes with the page."""

from dataclasses import dataclass

from torch import Tensor

import tkml_core as tk
from demo.catalog.attacks import universal_title
from demo.catalog.english import counted, in_percent, in_top
from demo.tabs.universal import ready_made
from demo.tabs.universal.craft import Made
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.statistics import wilson_interval
from tkml_core.zoo.universal_perturbations import notes_of, path_of

OWN = "made here"  # in the place of one of UNIVERSAL: the z that the visitor made


@dataclass(frozen=True, eq=False)
class Change:
    """A z to be tried: for which annotator and k, and where it comes from in a sentence.

    rate: what it does to photos that it has not seen, where that was measured on many. It then is the news, and what becomes of
    the few that are tried comes second.
    """

    z: Tensor  # (1,3,S,S) in [0,1] units
    annotator: str
    k: int
    method: str
    origin: str
    on_none: str = ""  # what to add where it fools no photo that it has not seen
    rate: str = ""
    used: tuple[str, ...] = ()  # the samples that it was made of, by name
    prints: frozenset[str] = frozenset()  # of all photos that it was made of, as `photo_set.fingerprint` has them


def of_made(made: Made) -> Change:
    """The z that was crafted on the page."""
    request = made.request
    photos = counted(made.photos, "photo")
    origin = f"The change made here with {request.title} on {photos}, for {request.annotator} at k = {request.k}."
    alone = " That was to be expected: made on so few photos it knows these, and little else. It takes hundreds."
    best = ready_made.strongest(request.annotator, request.k)
    if (best, request.annotator, request.k) in ready_made.bundled():
        known = notes_of(path_of(best, request.annotator, request.k))["photos"]
        title = ready_made.bundled_title(best)
        alone += f" To see one made on {known} photos, choose “{title}” below “Which change” and press Try it."
    return Change(
        made.z, request.annotator, request.k, request.method, origin, alone, used=request.used, prints=made.prints
    )  # fmt: skip


def of_ready(method: str, annotator: str, k: int) -> Change:
    """The bundled z of one of UNIVERSAL with its measured rates; ValueError naming the others where there is none."""
    if (method, annotator, k) not in ready_made.bundled():
        raise ValueError(ready_made.missing(method, annotator, k))
    notes, (n, won, noise) = notes_of(path_of(method, annotator, k)), ready_made.measured(method, annotator, k)
    low, high = wilson_interval(won, n)
    origin = (
        f"The change that comes with this page: {universal_title(method)}, for {annotator} at k = {k}, made on "
        f"{notes['photos']} photos. Of {n} others {in_percent(won / n, 1)} have no true label left {in_top(k)} with it, and "
        f"{in_percent(noise / n, 1)} with random noise as large. On all photos like these it may well be anything from "
        f"{100 * low:.0f} to {in_percent(high)} (95% interval)."
    )
    rate = f"Fools {in_percent(won / n)} of new photos at k = {k}"
    return Change(tk.universal(method, annotator, k), annotator, k, UNIVERSAL[method].name, origin, rate=rate)
