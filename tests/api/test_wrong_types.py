"""Every event of the page, called with what no browser would send: the answer is a sentence, and nothing of the server."""

import copy
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from conftest import awaited
from gradio.route_utils import delete_files_created_by_app
from gradio.state_holder import SessionState

from demo.engine.run_queue import PLACES, Turn

DEEP: Any = []
for _ in range(50):
    DEEP = [DEEP]
JUNK: list[Any] = [
    None, True, -1, 2.5, 1e308, "", "junk", "<b>x</b>", "data:image/png;base64,AAAA", "/etc/passwd", "x" * 5000, [], ["junk"],
    [None, 3], [["a"]], DEEP, {}, {"value": 3}, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"path": 3}, {"url": "http://127.0.0.1:1/x.png"}, {"truth": 3, "photo": [], "annotator": {}, "at": "x", "chosen": 5},
    {"truth": [[], None], "photo": None, "at": 1e9, "playing": "x"},
]  # fmt: skip
BROKEN = ("Something broke", "Traceback", "/tmp", 'File "', "object at 0x", "x" * 201)  # what came is cut


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gr.Blocks]:
    """The page, not served."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        from demo.page import build

        made = build()
        made.has_launched = True  # until then Gradio lets any file of the machine through
        yield made


@pytest.fixture(scope="module", autouse=True)
def no_run() -> Iterator[None]:
    """All places are taken and nobody may wait, so that what turns out to be a sound request is refused, too."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        for turn in [stack.enter_context(Turn(PLACES)) for _ in range(PLACES.at_once)]:
            assert list(turn.next()) == []
        patch.setattr(PLACES, "most_waiting", 0)
        yield


def defaults(page: gr.Blocks, fn: Any) -> list[Any]:
    """What a browser would send to `fn` on arrival."""
    known = {item["id"]: item["props"].get("value") for item in page.config["components"]}
    return [None if block.stateful else known.get(block._id) for block in fn.inputs]


def calls(page: gr.Blocks, fn: Any) -> Iterator[list[Any]]:
    """Each input in turn replaced by junk, then all of them at once, then too few: the junk goes round."""
    sound, turn = defaults(page, fn), fn._id
    sent = [i for i, block in enumerate(fn.inputs) if not block.stateful]
    for i in sent:
        turn += 1
        yield [*sound[:i], JUNK[turn % len(JUNK)], *sound[i + 1 :]]
    if sent:
        yield from ([junk] * len(sound) for junk in JUNK[turn % 4 :: 4])
        yield sound[:-1]
    yield sound


async def answer(page: gr.Blocks, fn: Any, state: SessionState, inputs: list[Any], data: Any) -> gr.Error | None:
    """The refusal, if it is one; any other exception is the test's failure."""
    request = gr.Request(session_hash="junk", username=None)
    request.query_params = {}  # type: ignore[attr-defined]
    event = gr.EventData(None, data)
    try:
        said = await page.process_api(
            fn, inputs, state=state, request=request, session_hash="junk", event_id="e", event_data=event
        )
    except gr.Error as error:
        return error
    if said.get("iterator"):
        await said["iterator"].aclose() if hasattr(said["iterator"], "aclose") else None
    return None


def arrived(first: SessionState) -> SessionState:
    """A session as new as `first`, which Gradio takes a good part of a second to make."""
    other = copy.copy(first)
    other.blocks_config, other.state_data, other._state_ttl = copy.copy(first.blocks_config), {}, {}
    return other


def test_every_event_answers_junk_with_a_sentence(page: gr.Blocks) -> None:
    count, wrong, first = 0, [], SessionState(page)
    first.opened = True  # type: ignore[attr-defined]

    async def walk() -> None:
        nonlocal count
        for fn in page.fns.values():
            state = arrived(first)
            for inputs in calls(page, fn):
                count += 1
                data = JUNK[count % len(JUNK)]
                try:
                    error = await answer(page, fn, state, inputs, data)
                except Exception as left:
                    wrong.append(f"{fn.name} {left!r:.200} at {inputs!r:.300} with {data!r:.60}")
                    continue
                if error is not None and (not str(error.message).strip() or any(b in error.message for b in BROKEN)):
                    wrong.append(f"{fn.name} {error.message!r:.200} at {inputs!r:.300} with {data!r:.60}")

    awaited(walk())
    assert not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong[:30])
    assert count >= 1000


def test_what_is_offered_on_arrival_outlives_what_gradio_deletes(page: gr.Blocks) -> None:
    """Gradio deletes what it has handed out an hour ago; these files are handed out anew to whoever comes."""
    buttons = [page.blocks[number] for number in page.blocks if getattr(page.blocks[number], "keep_in_cache", None)]
    offered = {button.elem_id: next(iter(button.keep_in_cache)) for button in buttons}
    assert {"download-png", "download-report"} <= set(offered)
    for button in buttons:
        button.move_resource_to_block_cache(offered[button.elem_id])
    delete_files_created_by_app(page, age=-1)
    assert all(Path(path).is_file() for path in offered.values())


def test_the_page_says_no_path_of_the_server(page: gr.Blocks) -> None:
    text = json.dumps(page.get_config_file(), default=str)
    for folder in (tempfile.gettempdir(), str(Path.home()), str(Path(__file__).parents[2]), sys.prefix):
        assert f"{folder}/" not in text

    def leaves(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for one in value.values():
                yield from leaves(one)
        elif isinstance(value, list):
            for one in value:
                yield from leaves(one)
        elif isinstance(value, str):
            yield value

    paths = [leaf for leaf in leaves(json.loads(text)) if re.fullmatch(r"/[\w.-]+/[^\s<>]*", leaf)]
    assert [path for path in paths if not path.startswith("/gradio_api/")] == []
