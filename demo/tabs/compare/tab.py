"""The tab "Compare": its widgets, and which of them makes what happen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from demo.components import run_bar
from demo.components.theme import Html, script
from demo.engine import loop
from demo.engine.plan import MAX_SEED, MAX_STEPS, Plan
from demo.export import files
from demo.render.photo_card import line_html, speed_words
from demo.render.tables import sum_up
from demo.tabs.attack import stage as live
from demo.tabs.attack.choice_events import CHOICE
from demo.tabs.attack.form import chips_truth
from demo.tabs.attack.updates import known, plainly
from demo.tabs.compare import methods as contest
from demo.tabs.compare import render, summary
from demo.tabs.compare.methods import AIMS, Entry, Wish

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
    named: gr.Dropdown

    @property
    def all(self) -> list[Any]:
        return [self.photo, self.annotator, self.k, self.chips, self.named]


def entry_of(photo: str, annotator: str, k: Any, chips: Any, named: Any) -> Entry:
    """What stands on the tab "Attack"; ValueError while its parts do not belong together."""
    if not isinstance(chips, dict) or (chips.get("annotator"), chips.get("photo")) != (annotator, photo):
        raise ValueError("The labels of the new photo are still on their way. Please try again in a moment.")
    network = loop.annotator(annotator)
    true = chips_truth(chips, network)
    # Labels to hide are named in the same place, and those are true.
    targets = [name for name in known(named if isinstance(named, list) else (), network) if name not in true]
    return Entry(photo, annotator, k, true, tuple(dict.fromkeys(targets)))


def build(tab: gr.Tab, source: Source, start: Entry) -> None:
    """Fill the current tab. `start` is what stands on the tab "Attack" on arrival."""
    Html(INTRO)
    with gr.Row(elem_classes="runbar"):
        run = gr.Button("Compare", variant="primary", elem_id="compare-button", scale=0, min_width=120)
        stop = gr.Button("Stop", interactive=False, elem_id="compare-stop", scale=0, min_width=88)
        status = Html(line_html("ready"), elem_id="compare-status", elem_classes="runstatus")
        stale = Html("", elem_id="compare-stale")
    with gr.Row(elem_id="compare-entry"):
        strip = Html(render.strip_html(start, "cleared"), elem_id="compare-strip")
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
            info=f"For each method, {loop.BUDGET_SECONDS:.0f}\u00a0s at most; BlackBox counts queries and wants about 2000",
        )  # fmt: skip
        seed = gr.Number(
            0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="compare-seed",
            info="For random targets and BlackBox",
        )  # fmt: skip
    Html(render.methods_html(), elem_id="compare-methods-told")
    about = gr.State(None, time_to_live=files.KEEP_SECONDS)  # the Wish that what is shown is about
    words = Html(render.EMPTY, elem_id="compare-verdict")
    with gr.Row(elem_id="compare-columns"):
        columns = [Html("", elem_classes="compare-slot") for _ in range(contest.most_columns() + 1)]
    table = Html("", elem_id="compare-table")
    file = gr.DownloadButton("Table (CSV)", None, interactive=False, elem_id="compare-csv", size="md", scale=0)

    change.click(None, None, None, js=script("tabs/compare/to_attack.js"), **run_bar.QUIET)
    choices = (aim, methods, max_steps, seed)
    _wire_choices(tab, source, choices, (strip, stale, about))
    _wire_run(source, choices, (run, stop, status), (strip, stale, about, words, table), columns, file)


def _wire_choices(
    tab: gr.Tab, source: Source, choices: tuple[Any, ...], shown: tuple[gr.HTML, gr.HTML, gr.State]
) -> None:
    (aim, methods, max_steps, seed), (strip, stale, about) = choices, shown

    @plainly
    def on_look(goal: str, wanted: Sequence[str], steps: Any, seed: Any, compared: Wish | None, *attack: Any) -> Any:
        entry = entry_of(*attack)
        offered = contest.offered(goal, entry.annotator, entry.k)
        ticked = [name for name in wanted if name in offered]
        old = render.stale_html(compared, Wish.of(entry, goal, ticked, steps, seed))
        return render.strip_html(entry, goal), old, gr.update(choices=list(offered), value=ticked)

    def on_aim(goal: str, _: Any, *rest: Any) -> Any:
        return on_look(goal, AIMS[goal].first, *rest)

    @plainly
    def on_choice(goal: str, ticked: Sequence[str], steps: Any, seed: Any, compared: Wish | None, *attack: Any) -> str:
        return render.stale_html(compared, Wish.of(entry_of(*attack), goal, ticked, steps, seed))

    now = [*choices, about, *source.all]
    tab.select(on_look, now, [strip, stale, methods], **CHOICE)
    aim.input(on_aim, now, [strip, stale, methods], **CHOICE)
    for choice in (methods, max_steps, seed):
        choice.input(on_choice, now, stale, **CHOICE)


def _wire_run(
    source: Source, choices: tuple[Any, ...], bar: tuple[gr.Button, gr.Button, gr.HTML], news: tuple[Any, ...],
    columns: list[gr.HTML], file: gr.DownloadButton,
) -> None:  # fmt: skip
    (run, stop, status), (strip, stale, about, words, table) = bar, news

    def told(plans: list[Plan], reports: summary.Reports, done: bool) -> dict[Any, Any]:
        sentence = summary.sentence(plans, reports, done)
        return {words: sum_up(sentence), table: summary.table_html(plans, reports, done)}

    def on_run(
        stop_asked: Callable[[], bool], aim: str, methods: Any, steps: Any, seed: Any, *attack: Any
    ) -> Iterator[dict[Any, Any]]:
        entry = entry_of(*attack)
        if not entry.true:
            raise ValueError("Mark at least one label as true on the tab Attack: there is nothing to contradict yet.")
        plans = contest.plans(entry, aim, methods, steps, 0 if seed is None else seed)
        reports: list[dict[str, Any] | None] = [None] * len(plans)
        yield {
            **dict(zip(columns, render.opening(plans, len(columns) - 1), strict=True)),
            **told(plans, reports, done=False),
            strip: render.strip_html(entry, aim),
            stale: "",
            about: Wish.of(entry, aim, methods, steps, seed),
            status: line_html(f"1 of {len(plans)}", "starting"),
            file: gr.update(value=None, interactive=False),
        }
        for moment in contest.moments(plans, stop_asked):
            plan = plans[moment.column]
            update: dict[Any, Any] = {columns[moment.column + 1]: render.column_html(plan, moment)}
            if moment.frame:
                speed = speed_words(moment.frame.steps_per_second)
                turn = f"{moment.column + 1} of {len(plans)}"
                update[status] = line_html(turn, plan.ask.attack, f"step {moment.frame.index}", speed)
            if moment.outcome:
                reports[moment.column] = moment.outcome.report
                update |= told(plans, reports, done=False)
            yield update
        left = {
            box: render.waiting_html(plan, "stopped before its turn")
            for plan, box, report in zip(plans, columns[1:], reports, strict=False)
            if report is None
        }
        cut = any(report is None or report["stopped"] == "user" for report in reports)
        yield {
            **left,
            **told(plans, reports, done=True),
            status: line_html("stopped" if cut else "done"),
            file: gr.update(value=_save(contest.reference(plans), summary.csv_text(reports)), interactive=any(reports)),
        }

    to_results = run_bar.into_sight("compare-verdict")
    run_bar.wire(run, stop, status, on_run, [*choices, *source.all], [*columns, *news, file], first=to_results)


def _save(plan: Plan, text: str) -> str:
    """Path of the CSV file, in a folder of its own; it is called after the photo that `plan` is about."""
    name = live.name_of(plan.photo.name, "comparison", plan.k, plan.ask.annotator)
    path = files.new_place(get_upload_folder()) / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)
