"""What a comparison says while it goes on: of no method that it runs before its run begins or after it has ended."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import make_photos_small

from demo.tabs.compare import methods, run_events
from demo.tabs.compare.limits import Limit
from demo.tabs.compare.methods import Entry
from demo.tabs.compare.rounds import Round

NAMES = ("TkML-AP-U", "kFool", "MinNorm")
STEPS = Limit("steps", 2)
WIDGETS = SimpleNamespace(
    status="status", words="words", table="table", heading="heading", columns=[f"column {n}" for n in range(9)],
    past=[f"past {n}" for n in range(11)], figures=SimpleNamespace(kept="kept"),
)  # fmt: skip


@pytest.fixture
def rounds_of(photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    make_photos_small(monkeypatch)
    monkeypatch.setattr(run_events, "get_upload_folder", lambda: str(tmp_path))
    entries = [Entry(str(photos[name]), "voc20", 3, ("cat",), title=name) for name in ("cat", "mosaic")]
    return lambda count: [Round(one, methods.plans(one, "cleared", NAMES, STEPS, 0)) for one in entries[:count]]


def seen_while(rounds: list[Round], after: int | None = None) -> Iterator[dict[str, str]]:
    """What stands on the page after each update; after: Stop is pressed when so many runs have ended."""
    turn: Any = SimpleNamespace(
        stop_asked=lambda: after is not None and sum(len(one.ended) for one in rounds) >= after,
        clock=60.0, next=lambda: iter(()),
    )  # fmt: skip
    shown: dict[str, str] = {}
    for update in run_events.compared(WIDGETS, turn, rounds, "cleared", STEPS):  # type: ignore[arg-type]
        shown |= update
        yield dict(shown)


def said_to_run(shown: dict[str, str]) -> list[str]:
    return [name for name in NAMES if f"Running {name}." in shown["words"]]


@pytest.mark.parametrize("count", [1, 2])
def test_a_method_is_said_to_run_while_it_does(rounds_of: Any, count: int) -> None:
    seen = list(seen_while(rounds_of(count)))
    for shown in seen:
        for name in said_to_run(shown):
            assert name in shown["status"] and "ended" not in shown["status"]
        if count > 1 and "in all" not in shown["status"]:
            assert shown["heading"].split(">")[1].split("<")[0] in shown["words"]  # one photo in both places
        if count == 1:
            assert shown["table"].count(">running<") == len(said_to_run(shown))
    assert {name for shown in seen for name in said_to_run(shown)} == set(NAMES)
    assert "done" in seen[-1]["status"] and not said_to_run(seen[-1])


@pytest.mark.parametrize("count", [1, 2])
def test_after_stop_none_is_said_to_run(rounds_of: Any, count: int) -> None:
    seen = list(seen_while(rounds_of(count), after=1))
    assert {name for shown in seen for name in said_to_run(shown)} == {NAMES[0]}
    assert "stopped" in seen[-1]["status"] and "Stopped before" in seen[-1]["words"]


@pytest.mark.parametrize("count", [1, 2])
def test_after_an_error_what_is_there_stays_and_none_is_said_to_run(
    rounds_of: Any, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    run = methods.run_plan

    def breaking(plan: Any, *rest: Any) -> Any:
        frames = run(plan, *rest)
        if plan.request.attack == "kFool":
            yield next(frames)
            raise MemoryError
        return (yield from frames)

    monkeypatch.setattr(methods, "run_plan", breaking)
    seen = []
    with pytest.raises(MemoryError):
        for shown in seen_while(rounds_of(count)):
            seen.append(shown)
    assert [NAMES[1]] in map(said_to_run, seen)
    last = seen[-1]
    assert not said_to_run(last) and ">running<" not in last["table"] and "an error ended it" in last["status"]
    assert "An error ended it before" in last["words"]
    assert ["ended by an error" in last[f"column {n}"] for n in (1, 2, 3)] == [False, True, True]
    assert len(last["kept"]) == 0  # a photo's files are of all that ran on it
