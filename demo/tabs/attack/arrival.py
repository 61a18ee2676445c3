"""What the page shows on arrival: the first sample with a finished run on it, a recorded one, so that nothing has to be run."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from demo.catalog import attacks as catalog
from demo.components.label_toggles import toggles_value
from demo.engine.annotators import guess, largest_k, load_annotator, read_photo
from demo.engine.plan import DEFAULT_K, AttackRequest, plan_for
from demo.engine.recordings import Recording, recording
from demo.export import npz
from demo.export.files import keep_to_the_end, save_png, save_report
from demo.photos.samples import samples
from demo.photos.selection import known_truth
from demo.render.run_figures import run_figures_html
from demo.render.run_words import steps_words
from demo.render.status import line_html
from demo.render.verdict import verdict_html
from demo.tabs.attack import stage

RECORDED = "push-out"  # the recording that is shown
RUN_IT = "This run was recorded earlier. With Attack you watch it happen, step by step."


@dataclass(frozen=True)
class Arrival:
    """What the page shows on arrival: a sample, and a finished run on it."""

    sample: str
    annotator: str
    photo: str
    toggles: dict[str, Any]
    k: int
    view: stage.View
    files: tuple[str, str, str]  # adversarial PNG, report and exact data


def arrival(name: str, files: dict[str, str]) -> Arrival:
    """The first sample with a finished run on it."""
    item, annotator = samples()[0], load_annotator(name)
    path, told = files[item.name], known_truth(item, annotator)
    # One of somebody's own may know none of what is there and have few labels, of which one is not to be true.
    true = (told or guess(read_photo(path, name), annotator))[: len(annotator.labels) - 1]
    k = min(DEFAULT_K, largest_k(annotator, len(true)))
    kept = recording(RECORDED)
    if kept is not None and (kept.sample, kept.outcome.plan.request.annotator) == (item.name, name):
        last = recorded(kept)
    else:  # other weights, or another annotator comes first
        attack, choice = next(iter(catalog.attacks().items()))
        request = AttackRequest(name, k, attack, true, max_steps=choice.steps)
        *_, last = stage.views(plan_for(path, request), lambda: False)
        last = _untimed(last, "made when the page started")
    outcome = last.outcome
    assert outcome is not None
    toggles = toggles_value(path, name, read_photo(path, name), true, k, "sample" if told else "guess")
    png, report = (save(outcome, get_upload_folder()) for save in (save_png, save_report))
    for file in (png, report):
        keep_to_the_end(file)
    data = Path(path).parent / "arrival.npz"  # stays as long as the samples do
    data.write_bytes(npz.to_bytes(npz.keep(outcome)))
    return Arrival(item.name, name, path, toggles, k, last, (png, report, str(data)))


def recorded(kept: Recording) -> stage.View:
    """A recorded run as it ended. It says that it was recorded, and how to have it run."""
    report = kept.outcome.report
    return replace(_untimed(stage.closing(kept.replay), "recorded earlier"), verdict=verdict_html(report, RUN_IT))


def _untimed(last: stage.View, when: str) -> stage.View:
    """The end of a run without its seconds, which would be those of another machine, or of one that is busy starting."""
    assert last.outcome is not None
    report = last.outcome.report
    return replace(last, status=line_html(when, steps_words(report)), table=run_figures_html(report, took=when))
