"""What the page shows on arrival: the first sample, with the default attack already run on it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from demo.catalog import attacks as catalog
from demo.engine.annotators import load_annotator, read_photo
from demo.engine.plan import DEFAULT_K, AttackRequest, plan_for
from demo.export import npz
from demo.export.files import keep_to_the_end, save_png, save_report
from demo.photos.samples import samples
from demo.photos.selection import known_truth
from demo.render.status import line_html
from demo.render.verdict import steps_words, table_html
from demo.tabs.attack import stage, updates


@dataclass(frozen=True)
class Arrival:
    """What the page shows on arrival: a sample, and a finished run on it."""

    sample: str
    annotator: str
    photo: str
    toggles: dict[str, Any]
    view: stage.View
    files: tuple[str, str, str]  # adversarial PNG, report and exact data


def arrival(name: str, files: dict[str, str]) -> Arrival:
    """The first sample with the default attack already run on it."""
    item, annotator = samples()[0], load_annotator(name)
    path, true = files[item.name], known_truth(item, annotator)
    attack, choice = next(iter(catalog.attacks().items()))
    request = AttackRequest(name, DEFAULT_K, attack, true, max_steps=choice.steps)
    *_, last = stage.views(plan_for(path, request), lambda: False)
    outcome = last.outcome
    assert outcome is not None
    # The seconds would be those of a machine that is busy starting.
    last = replace(
        last,
        status=line_html("made when the page started", steps_words(outcome.report)),
        table=table_html(outcome.report, took="at the start"),
    )
    toggles = updates.toggles_value(path, name, read_photo(path, name), true, DEFAULT_K, "sample")
    png, report = (save(outcome, get_upload_folder()) for save in (save_png, save_report))
    for file in (png, report):
        keep_to_the_end(file)
    data = Path(path).parent / "arrival.npz"  # stays as long as the samples do
    data.write_bytes(npz.to_bytes(npz.keep(outcome)))
    return Arrival(item.name, name, path, toggles, last, (png, report, str(data)))
