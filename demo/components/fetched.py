"""What a tab holds that is long and the same for everybody: not in the page, but sent once the tab is opened, and made once.

Until it comes a line stands in its place, and keeps as much room as a screen has, so that nothing in sight moves.
"""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import gradio as gr
from markupsafe import Markup

from demo.components.events import QUIET
from demo.components.theme import Html

_LINE = Markup('<p class="fetching">{} …</p>')
_WHOLE = Markup('<div class="fetched">{}</div>')
# In the browser, which need not send it back.
_THERE = "() => [document.querySelector('#{id} .fetched') ? 'there' : '']"
_BEGIN = """let begun = false;
const begin = () => {{
  if (begun || !element.querySelector(".fetched")) return;
  begun = true;
  {script}
}};
watch("value", begin);
begin();"""


def once(make: Callable[[], str]) -> Callable[[], str]:
    """`make` with what it made kept: a class opens a tab together, and it is made for the first of them alone."""
    making, made = Lock(), list[str]()

    def contents() -> str:
        with making:
            if not made:
                made.append(str(_WHOLE.format(Markup(make()))))
        return made[0]

    return contents


def fetched(
    tab: gr.Tab,
    contents: Callable[[], str],
    line: str,
    elem_id: str,
    script: str = "",
    others: Mapping[Any, Any] | None = None,
) -> gr.HTML:
    """The widget, in the current tab, which is `tab`. contents: by `once`; `script` runs when they have come.

    line: that they are on their way. others: new values of other widgets, which are sent with them.
    """
    widget = Html(_LINE.format(line), js_on_load=_BEGIN.format(script=script), elem_id=elem_id)
    more = dict(others or {})

    def on_open(there: str) -> Any:
        return gr.skip() if there else {widget: contents(), **more}

    # No queue and no state: nobody waits for another's run, and a link to the tab asks for it before the page's start is over.
    tab.select(on_open, widget, [widget, *more], js=_THERE.format(id=elem_id), queue=False, **QUIET)
    return widget
