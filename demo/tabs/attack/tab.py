"""The tab "Attack" built: laid out as a visitor finds it on arrival, and wired."""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from demo.components.attack_choices import EntryWidgets
from demo.components.events import QUIET
from demo.components.sample_gallery import newer_samples
from demo.export.files import KEEP_SECONDS
from demo.photos.samples import samples
from demo.tabs.attack.arrival import Arrival, arrival
from demo.tabs.attack.choice_events import wire_choices
from demo.tabs.attack.kept import wire_kept
from demo.tabs.attack.layout import lay_out
from demo.tabs.attack.link_events import wire_link
from demo.tabs.attack.robustness import panel
from demo.tabs.attack.run_events import wire_run
from demo.tabs.attack.session import RunFlags, SessionState
from demo.tabs.attack.widgets import Widgets


@dataclass(frozen=True)
class AttackTab:
    """The tab's widgets, what the server keeps of a visitor, what is asked of runs, and what is shown on arrival."""

    widgets: Widgets
    state: SessionState
    flags: RunFlags
    arrival: Arrival

    @property
    def entry(self) -> EntryWidgets:
        """What is attacked, for other tabs that attack the same."""
        w = self.widgets
        return EntryWidgets(
            self.state.photo, w.annotator, w.k, w.toggles, w.chosen, w.attack, w.score_space, w.settings,
            w.goal, w.case, w.max_steps, w.seed,
        )  # fmt: skip


def build(page: gr.Blocks, annotators: Sequence[str], files: dict[str, str]) -> AttackTab:
    """Put the tab into the current one. annotators: their names; files: the samples' paths by name."""
    start, at_start = arrival(annotators[0], files), samples()
    state = SessionState(
        photo=gr.State(start.photo),
        sample=gr.State(start.sample),
        own=gr.State((), time_to_live=KEEP_SECONDS),
        attacked=gr.State(True),
        replay=gr.State(start.view.replay, time_to_live=KEEP_SECONDS),
    )
    w, flags = lay_out(annotators, start), RunFlags()
    wire_choices(w, files, state, flags)
    # Before the run: a browser begins with a click's events one after the other, and the link is of what was chosen as it began.
    opened = wire_link(page, w, files, state, start)
    wire_run(w, state, flags)
    wire_kept(w, state, opened)
    panel.wire(w.robustness_button, w.robustness, state.replay, [w.attack_button, w.smaller_button], **QUIET)
    page.load(lambda: newer_samples(at_start) or gr.skip(), None, w.samples, **QUIET)
    return AttackTab(w, state, flags, start)
