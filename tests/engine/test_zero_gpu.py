"""ZeroGPU Spaces, with a stand-in for their package that does what counts: all goes in and out as between processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPACES = """
import functools, multiprocessing, sys
torch_was_there = "torch" in sys.modules
calls, seconds, queue = [], [], multiprocessing.Queue()

def sent(thing):
    queue.put(thing)
    return queue.get(timeout=60)  # what cannot be sent never arrives

def GPU(duration=None):
    seconds.append(duration)
    def decorate(function):
        @functools.wraps(function)
        def elsewhere(*args):
            calls.append(function.__name__)
            for item in function(*sent(args)):
                yield sent(item)
        return elsewhere
    return decorate
"""
SCRIPT = """
import json, sys
from demo.engine.plan import AttackRequest, plan_for
from demo.engine.run import run_plan
from demo.photos import samples
import spaces
from gradio.context import LocalContext
from pathlib import Path
from tkml_core.step_generators import WithResult

def run(stop_at=None):
    photo = samples.write_samples(Path(sys.argv[1]))["cat"]
    plan = plan_for(photo, AttackRequest("voc20", 2, "TkML-AP-T", [], "worst", max_steps=6 if stop_at is None else 500))
    seen = []
    frames = WithResult(run_plan(plan, lambda: bool(stop_at and seen and seen[-1] >= stop_at)))
    for frame in frames:
        seen.append(frame.index)
    report = frames.result.report
    assert frames.result.plan is plan and str(frames.result.x_adv.device) == "cpu"
    return [report[key] for key in ("after", "l2", "stopped", "true_labels_guessed", "targets")], len(seen)

here = run()
assert spaces.calls == []
LocalContext.blocks.set(object())
there, stopped = run(), run(stop_at=2)
print(json.dumps({
    "torch was there": spaces.torch_was_there, "seconds": spaces.seconds, "calls": spaces.calls,
    "here": here, "there": there, "stopped": stopped,
}))
"""


def run(folder: Path, script: str, **environment: str) -> str:
    path = os.pathsep.join([str(ROOT), str(folder)])
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, timeout=240, cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_a_run_elsewhere_is_the_same_run_and_can_be_stopped(tmp_path: Path) -> None:
    (tmp_path / "spaces.py").write_text(SPACES)
    said = json.loads(run(tmp_path, SCRIPT, SPACES_ZERO_GPU="true"))
    assert said["torch was there"] is False
    assert said["seconds"] == [75] and said["calls"] == ["_run_there"] * 2
    assert said["there"] == said["here"] and said["here"][1] >= 6
    results, frames = said["stopped"]
    assert results[2] == "user" and frames < 12


def test_with_the_package_alone_everything_stays_here(tmp_path: Path) -> None:
    (tmp_path / "spaces.py").write_text(SPACES)
    script = "from demo.engine import zero_gpu\nprint(zero_gpu.LENDS, zero_gpu.lends_now())"
    assert run(tmp_path, script, SPACES_ZERO_GPU="") == "False False"


def test_without_the_package_nothing_is_marked(tmp_path: Path) -> None:
    (tmp_path / "spaces.py").write_text("raise ImportError")
    script = "from demo.engine import zero_gpu\nprint(zero_gpu.lent(5)(max) is max, zero_gpu.lends_now())"
    assert run(tmp_path, script, SPACES_ZERO_GPU="true") == "True False"
