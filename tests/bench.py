"""How fast the page is, as one table: `python -m tests.bench`, on a machine that has nothing else to do. About two minutes.

What is compared with a bare pass (one forward pass with its input gradient, what no gradient attack can do without) is timed
in turn with it, several times; the table has medians. `tkml_core.experiments.bench` has every attack's own loop.
"""

import argparse
import asyncio
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.sync_api import Page, sync_playwright

import tkml_core as tk
from demo.engine import threads
from demo.engine.plan import AttackRequest, Plan, plan_for
from demo.photos.samples import sample, write_samples
from demo.tabs.attack import stage
from tests.load import START_SECONDS, Seen, Server, Visitor
from tkml_core.experiments.bench import passes, step_ratio
from tkml_core.measured.markdown import markdown

NAME, PHOTO, ATTACK, K = "voc20", "cat", "TkML-AP-T", 10
STEPS, WARM = 120, 5  # of a run that is timed (some ten seconds), and those before them that are not
SHORT = {"step": 0.05}  # steps after which no image is done soon
# Of the page's address, for a run of WARM + STEPS steps.
QUERY = {
    "sample": PHOTO,
    "annotator": NAME,
    "k": K,
    "attack": ATTACK,
    "case": "worst",
    "max_steps": WARM + STEPS,
    **SHORT,
}
PATIENCE = 90_000  # milliseconds
STEP = re.compile(r"step (\d+)")
# Resolves to the milliseconds from the click on Attack until the frame of step 0 is painted, and until that of a later step.
FIRST_FRAMES = """() => new Promise((done) => {
  const [status, button] = ["status", "attack-button"].map((id) => document.getElementById(id));
  const began = performance.now(), painted = [];
  let seen = 0;
  const watch = new MutationObserver(() => {
    if (!(seen === 0 ? /step \\d/ : /step [1-9]/).test(status.textContent)) return;
    seen += 1;
    if (seen === 2) watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => {
      painted.push(performance.now() - began);
      if (painted.length === 2) done(painted);
    }));
  });
  watch.observe(status, { childList: true, subtree: true, characterData: true });
  button.click();
})"""


def pace(seen: list[tuple[float, int]]) -> float:
    """Time a step, from (time, step) pairs of a run, its first steps left out."""
    (began, first), *_, (ended, last) = [(at, step) for at, step in seen if step >= WARM]
    return (ended - began) / (last - first)


def bare(annotator: tk.Annotator, x: Any) -> float:
    """Seconds of a bare pass, the mean of STEPS."""
    floor = passes(annotator, x)
    next(floor)
    for index in range(WARM + STEPS):
        if index == WARM:
            began = time.perf_counter()
        floor.send(x)
    return (time.perf_counter() - began) / STEPS


def drawn(plan: Plan) -> float:
    """Seconds a step of a run that is drawn as the page draws it, which nobody looks at."""
    seen: list[tuple[float, int]] = []
    for view in stage.views(plan, lambda: bool(seen) and seen[-1][1] >= WARM + STEPS):
        if view.outcome is None and (found := STEP.search(view.status or "")):
            seen.append((time.perf_counter(), int(found[1])))
    return pace(seen)


class Reader(Visitor):
    """A visitor whose browser is on another machine: all that the page is told is read, and none of it is drawn."""

    def __init__(self, address: str) -> None:
        super().__init__(address, Seen(), QUERY)
        self.steps: list[tuple[float, int]] = []  # time, step

    def _take(self, at: int, value: Any) -> None:
        super()._take(at, value)
        if at == self.widget("status") and (found := STEP.search(str(value))):
            self.steps.append((time.perf_counter(), int(found[1])))


def streamed(address: str) -> float:
    """Seconds a step of a run on the page that is read over HTTP."""

    async def run() -> float:
        reader = Reader(address)
        async with reader.http:
            await reader.arrive()
            await reader.fire("run on the page", reader.event("attack-button", "click"))
        if reader.seen.wrong:
            raise SystemExit(f"The run that is to be timed failed: {reader.seen.wrong[0]}")
        return pace(reader.steps)

    return asyncio.run(run())


def beside_bare(one: Callable[[], float], annotator: tk.Annotator, x: Any, rounds: int) -> float:
    """The median of `one()`, seconds a step, over bare passes with as many threads: the mean of those just before it and just
    after it, so that a machine that slows down meanwhile slows both.
    """

    def floor() -> float:
        with threads.thread() as call:
            return float(call(bare, annotator, x))

    ratios, before = [], floor()
    for _ in range(rounds):
        seconds, after = one(), floor()
        ratios.append(2 * seconds / (before + after))
        before = after
    return statistics.median(ratios)


@contextmanager
def started(folder: Path) -> Iterator[tuple[Server, float]]:
    """The page in a process of its own, and the seconds until it answered."""
    began, server = time.perf_counter(), Server(folder)
    try:
        while time.perf_counter() - began < START_SECONDS and server.process.poll() is None:
            try:
                if httpx.get(server.address).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.02)
        yield server, time.perf_counter() - began
    finally:
        server.stop()


def seconds_of_torch() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.perf_counter() - began


@contextmanager
def opened(address: str) -> Iterator[Page]:
    """The page in Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.locator("#after img").wait_for()
        page.wait_for_timeout(3000)  # its events after the first picture
        yield page
        chromium.close()


def wait_for(page: Page, condition: str) -> None:
    """Until it holds. Playwright's own way is to have the page drawn sixty times a second, and look each time."""
    page.wait_for_function(condition, polling=250)


def ended(page: Page) -> None:
    wait_for(page, "() => !document.getElementById('attack-button').disabled")
    page.wait_for_timeout(500)


def first_frames(page: Page, clicks: int) -> list[tuple[float, float]]:
    """Seconds from each click on Attack until the frame of step 0 is painted, and until that of a later step."""
    found = []
    for _ in range(clicks):
        first, later = page.evaluate(FIRST_FRAMES)
        found.append((first / 1000, later / 1000))
        ended(page)
    return found


def in_chromium(page: Page) -> float:
    """Seconds a step of a run, by its report: what the browser sees may come late and in bunches."""
    page.locator("#attack-button").click()
    wait_for(page, "() => document.getElementById('attack-button').disabled")
    ended(page)
    with page.expect_download() as download:
        page.locator("#download-report").click()
    report = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    if report["achieved"] or report["stopped"]:
        raise SystemExit("The run that is to be timed was over too soon, or took too long.")
    return float(report["seconds"] / report["steps"])


def measure(rounds: int) -> str:
    """The table."""
    annotator, rows = tk.load(NAME, "cpu"), []
    with tempfile.TemporaryDirectory() as folder:
        photo = write_samples(Path(folder))[PHOTO]
        true = [label for label in sample(PHOTO).truth if label in annotator.labels]
        request = AttackRequest(NAME, K, ATTACK, true, "worst", max_steps=2 * STEPS, settings=SHORT)
        plan = plan_for(photo, request)
        x = plan.photo.x
        with threads.thread() as call:
            ratio, floor = call(step_ratio, annotator, tk.ATTACKS[ATTACK](**SHORT), x, STEPS)
        rows.append(f"{ATTACK}'s loop over a bare pass of {1000 * floor:.0f} ms | {ratio:.2f} | ≤ 1.10")
        stands = beside_bare(lambda: drawn(plan), annotator, x, rounds)
        rows.append(f"a run drawn as on the page, over a bare pass | {stands:.2f} | ≤ 1.25")
        starts = []
        for number in range(rounds):
            torch = seconds_of_torch()
            with started(Path(folder) / str(number)) as (server, seconds):
                starts.append(seconds - torch)
                if number + 1 < rounds:
                    continue
                time.sleep(10)
                rows.append(f"memory of the page that nobody opened, MB | {server.megabytes():.0f} | ≤ 900")
                with opened(server.address) as page:
                    frames = first_frames(page, 2 * rounds + 1)
                read = beside_bare(lambda: streamed(server.address), annotator, x, rounds)
                with opened(f"{server.address}?{urlencode(QUERY)}") as page:
                    live = beside_bare(lambda: in_chromium(page), annotator, x, rounds)
        first, later = ([both[i] for both in frames] for i in (0, 1))
        for what, seconds, wanted in (("the frame of step 0", first, "≤ 0.3"), ("that of a later step", later, "")):
            words = f"from the click on Attack until {what}, s, median of {len(frames)} (most {max(seconds):.2f})"
            rows.append(f"{words} | {statistics.median(seconds):.2f} | {wanted}")
        rows.append(
            f"a run on the page, read over HTTP by a program that draws nothing, over a bare pass | {read:.2f} | ≤ 1.25"
        )
        rows.append(f"a run with the page open in Chromium on the same cores, over a bare pass | {live:.2f} | ≤ 1.25")
        words = f"`python app.py` answers, s beyond `import torch`, median of {rounds}"
        rows.append(f"{words} (most {max(starts):.1f}) | {statistics.median(starts):.1f} | ≤ 4")
    return markdown("measured | found | wanted", rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    print(measure(max(1, parser.parse_args().rounds)))


if __name__ == "__main__":
    main()
