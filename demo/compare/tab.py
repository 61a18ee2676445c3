"""The tab "Compare": its widgets, and which of them makes what happen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from demo import runner, runs, shelf
from demo.actions import plainly
from demo.compare import contest, drawing, verdict
from demo.compare.contest import AIMS, Entry
from demo.plan import MAX_SEED, MAX_STEPS, Plan
from demo.sheet import sum_up
from demo.stage import line_html, speed_words
from demo.theme import Html, script
from demo.wish import chips_truth

STEPS = 200
INTRO = (
    '<div class="compare-intro"><h2>Compare methods</h2><p>The same photo, the same truth, the same goal: which method gets '
    "there, and with how little change? They run one after the other, as in the paper's Figures 2 and 4.</p></div>"
)


@dataclass(frozen=True)
class Source:
    """The widgets of the tab "Attack" that say what is attacked."""

    photo: gr.State
    annotator: gr.Radio
    k: gr.Slider
    chips: gr.HTML

    @property
    def all(self) -> list[Any]:
        return [self.photo, self.annotator, self.k, self.chips]


def entry_of(photo: str, annotator: str, k: Any, chips: Any) -> Entry:
    """What stands on the tab "Attack"; ValueError while its parts do not belong together."""
    if not isinstance(chips, dict) or (chips.get("annotator"), chips.get("photo")) != (annotator, photo):
        raise ValueError("The labels of the new photo are still on their way. Please try again in a moment.")
    return Entry(photo, annotator, k, chips_truth(chips, runner.annotator(annotator)))


def build(tab: gr.Tab, source: Source, start: Entry) -> None:
    """Fill the current tab. `start` is what stands on the tab "Attack" on arrival."""
    Html(INTRO)
    with gr.Row(elem_classes="runbar"):
        run = gr.Button("Compare", variant="primary", elem_id="compare-button", scale=0, min_width=120)
        stop = gr.Button("Stop", interactive=False, elem_id="compare-stop", scale=0, min_width=88)
        status = Html(line_html("ready"), elem_id="compare-status", elem_classes="runstatus")
    with gr.Row(elem_id="compare-entry"):
        strip = Html(drawing.strip_html(start), elem_id="compare-strip")
        change = gr.Button("Change them on Attack", size="md", scale=0, min_width=250, elem_id="compare-change")
    with gr.Row(elem_id="compare-choices"):
        aim = gr.Radio(
            [(choice.title, name) for name, choice in AIMS.items()],
            value="cleared",
            label="Goal",
            elem_id="compare-goal",
        )
        methods = gr.CheckboxGroup(
            list(contest.offered("cleared", start.annotator, start.k)), value=list(AIMS["cleared"].first),
            label="Methods", elem_id="compare-methods",
        )  # fmt: skip
        max_steps = gr.Slider(
            1, MAX_STEPS, value=STEPS, step=1, label="Steps at most", elem_id="compare-steps",
            info="For each method; BlackBox counts queries and wants about 2000",
        )  # fmt: skip
        seed = gr.Number(
            0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="compare-seed",
            info="For random targets and BlackBox",
        )  # fmt: skip
    Html(drawing.methods_html(), elem_id="compare-methods-told")
    stale, about = Html("", elem_id="compare-stale"), gr.State(None, time_to_live=shelf.KEEP_SECONDS)
    words = Html(drawing.EMPTY, elem_id="compare-verdict")
    with gr.Row(elem_id="compare-columns"):
        columns = [Html("", elem_classes="compare-slot") for _ in range(contest.most_columns() + 1)]
    table = Html("", elem_id="compare-table")
    file = gr.DownloadButton("Table (CSV)", None, interactive=False, elem_id="compare-csv", size="md", scale=0)

    change.click(None, None, None, js=script("compare/to_attack.js"), **runs.QUIET)
    _wire_choices(tab, source, (strip, stale, about), aim, methods)
    news = (strip, stale, about, words, table)
    _wire_run(source, (aim, methods, max_steps, seed), (run, stop, status), news, columns, file)


def _wire_choices(
    tab: gr.Tab, source: Source, shown: tuple[gr.HTML, gr.HTML, gr.State], aim: gr.Radio, methods: gr.CheckboxGroup
) -> None:
    strip, stale, about = shown

    def ticked(goal: str, annotator: str, k: Any, wanted: Any) -> Any:
        choices = contest.offered(goal, annotator, k)
        return gr.update(choices=list(choices), value=[name for name in wanted if name in choices])

    @plainly
    def on_select(goal: str, chosen: list[str], compared: Entry | None, *chips: Any) -> tuple[Any, Any, Any]:
        entry = entry_of(*chips)
        old = drawing.stale_html(compared, entry)
        return drawing.strip_html(entry), old, ticked(goal, entry.annotator, entry.k, chosen)

    def on_aim(goal: str, annotator: str, k: Any) -> Any:
        return ticked(goal, annotator, k, AIMS[goal].first)

    tab.select(on_select, [aim, methods, about, *source.all], [strip, stale, methods], **runs.QUIET)
    aim.input(on_aim, [aim, source.annotator, source.k], methods, **runs.QUIET)


def _wire_run(
    source: Source, wish: tuple[Any, ...], bar: tuple[gr.Button, gr.Button, gr.HTML], news: tuple[Any, ...],
    columns: list[gr.HTML], file: gr.DownloadButton,
) -> None:  # fmt: skip
    (run, stop, status), (strip, stale, about, words, table) = bar, news

    def told(plans: list[Plan], reports: verdict.Reports, done: bool) -> dict[Any, Any]:
        sentence = verdict.sentence(plans, reports, done)
        return {words: sum_up(sentence), table: verdict.table_html(plans, reports, done)}

    def on_run(
        stop_asked: Callable[[], bool], photo: str, annotator: str, k: Any, chips: Any, aim: str, methods: Any, steps: Any,
        seed: Any,
    ) -> Iterator[dict[Any, Any]]:  # fmt: skip
        entry = entry_of(photo, annotator, k, chips)
        if not entry.true:
            raise ValueError("Mark at least one label as true on the tab Attack: there is nothing to contradict yet.")
        plans = contest.plans(entry, aim, methods, steps, 0 if seed is None else seed)
        reports: list[dict[str, Any] | None] = [None] * len(plans)
        yield {
            **dict(zip(columns, drawing.opening(plans, len(columns) - 1), strict=True)),
            **told(plans, reports, done=False),
            strip: drawing.strip_html(entry),
            stale: "",
            about: entry,
            status: line_html(f"1 of {len(plans)}", "starting"),
            file: gr.update(value=None, interactive=False),
        }
        for moment in contest.moments(plans, stop_asked):
            plan = plans[moment.column]
            update: dict[Any, Any] = {columns[moment.column + 1]: drawing.column_html(plan, moment)}
            if moment.frame:
                speed = speed_words(moment.frame.steps_per_second)
                turn = f"{moment.column + 1} of {len(plans)}"
                update[status] = line_html(turn, plan.ask.attack, f"step {moment.frame.index}", speed)
            if moment.outcome:
                reports[moment.column] = moment.outcome.report
                update |= told(plans, reports, done=False)
            yield update
        left = {
            box: drawing.waiting_html(plan, "stopped before its turn")
            for plan, box, report in zip(plans, columns[1:], reports, strict=False)
            if report is None
        }
        cut = any(report is None or report["stopped"] == "user" for report in reports)
        yield {
            **left,
            **told(plans, reports, done=True),
            status: line_html("stopped" if cut else "done"),
            file: gr.update(value=_save(verdict.csv_text(reports)), interactive=any(reports)),
        }

    to_results = runs.into_sight("compare-verdict")
    runs.wire(run, stop, status, on_run, [*source.all, *wish], [*columns, *news, file], first=to_results)


def _save(text: str) -> str:
    """Path of the CSV file, in a folder of its own."""
    place = shelf.new_place(get_upload_folder())
    path = place / "comparison.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)
