"""Many visitors at once, on a server of its own: `python -m tests.load --visitors 40 --minutes 10`.

Each loads the page, chooses samples, asks `/annotate`, and has runs made, on the page and through `/attack`, in a random
order. It ends with an error where somebody got what another's run made, where somebody was refused who only looked, or where
the server's memory goes on growing. It uses this machine alone, and every run in it is short.
"""

import argparse
import asyncio
import contextlib
import json
import math
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import httpx
from gradio_client.utils import apply_diff

ROOT = Path(__file__).parents[1]
MOST_VISITORS, MOST_MINUTES = 200, 60.0
START_SECONDS, ANSWER_SECONDS = 300.0, 600.0
GROWTH = 1.0  # MB a minute that memory may grow once it is warm
WARM_MINUTES = 12.0  # until the server keeps as many results as it ever will (`tests.kept`)
SAMPLES = ("cat", "astronaut", "motorcycle")
API = "gradio_api"


@dataclass(frozen=True)
class Job:
    """A run whose result is known: what it makes alone is what it must make among others."""

    sample: str
    attack: str
    seed: int

    def data(self, photo: dict[str, Any], annotator: str) -> list[Any]:
        """The arguments of `/attack`. BlackBox draws at random, so that its seed counts; few steps, so that no clock ends it."""
        return [photo, annotator, 2, self.attack, [], "", [], 12, self.seed, ""]


JOBS = [
    Job(sample, attack, seed)
    for sample in SAMPLES
    for attack, seeds in (("TkML-AP-U", (0,)), ("kFool", (0,)), ("BlackBox", (1, 2)))
    for seed in seeds
]


@dataclass
class Seen:
    """What has been counted so far: answers and refusals by kind, seconds that they took, and whatever went wrong."""

    answers: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    full: int = 0  # runs that were refused because the line was full, in words
    hurried: int = 0  # runs that the shorter clock ended, which nothing can be compared with


class Server:
    """`python app.py` on a free port of the loopback, with a folder of its own for files, and what it takes of the machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        env = {
            **os.environ,
            "GRADIO_SERVER_PORT": str(self.port), "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_TEMP_DIR": str(folder),
            "GRADIO_ANALYTICS_ENABLED": "False",
        }  # fmt: skip
        self.process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))

    def megabytes(self) -> float:
        return self._status("VmRSS") / 1024

    def threads(self) -> int:
        return self._status("Threads")

    def files(self) -> int:
        return sum(len(files) for _, _, files in os.walk(self.folder))

    async def ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        async with httpx.AsyncClient() as http:
            while time.monotonic() < end and self.process.poll() is None:
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.get(self.address)).status_code == 200:
                        return
                await asyncio.sleep(0.5)
        raise SystemExit("The server did not start.")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
            return
        self.process.kill()


class Visitor:
    """One browser: a session, what its widgets hold, and Gradio's protocol as far as it takes to use them."""

    config: ClassVar[dict[str, Any]] = {}

    def __init__(self, address: str, seen: Seen, query: dict[str, Any] | None = None) -> None:
        self.http = httpx.AsyncClient(base_url=address, timeout=ANSWER_SECONDS)
        self.session, self.seen, self.query = uuid.uuid4().hex[:11], seen, query or {}
        self.values: dict[int, Any] = {}

    async def arrive(self) -> None:
        """Load the page as a browser does, its first events included."""
        with self._timed("page"):
            (await self.http.get("")).raise_for_status()
        if not Visitor.config:  # which is in the page too, the same for everybody
            Visitor.config = (await self.http.get("config")).json()
        self.values = {block["id"]: block["props"].get("value") for block in self.config["components"]}
        for event in self.config["dependencies"]:
            if [what for _, what in event["targets"]] == ["load"] and event["backend_fn"]:
                await self.fire("page", event)

    @property
    def annotator(self) -> str:
        return str(self.values[self.widget("annotator")])

    def event(self, elem_id: str, what: str) -> dict[str, Any]:
        """The event that the server answers when `what` happens to the widget called `elem_id`."""
        widget = self.widget(elem_id)
        events = self.config["dependencies"]
        return next(event for event in events if [widget, what] in event["targets"] and event["backend_fn"])

    def widget(self, elem_id: str) -> int:
        blocks = self.config["components"]
        return int(next(block["id"] for block in blocks if block["props"].get("elem_id") == elem_id))

    async def fire(self, kind: str, event: dict[str, Any], data: Any = None) -> bool:
        """Have the event happen, and the widgets take what comes back. False where it was refused."""
        states = {block["id"] for block in self.config["components"] if block["type"] == "state"}
        body = {
            "data": [None if at in states else self.values.get(at) for at in event["inputs"]],
            "event_data": data, "fn_index": event["id"], "session_hash": self.session,
            "trigger_id": event["targets"][0][0],
        }  # fmt: skip
        with self._timed(kind):
            joined = await self.http.post(f"{API}/queue/join", params=self.query, json=body)
            if joined.status_code != 200:
                self.seen.refused[kind] += 1
                return False
            refusal = ""
            async for outputs, error in self._listen(joined.json()["event_id"]):
                refusal = refusal or error
                for at, value in zip(event["outputs"], outputs, strict=False):
                    self._take(at, value)
        if refusal:
            return self._refused(kind, refusal)
        self.seen.answers[kind] += 1
        return True

    async def _listen(self, event_id: str) -> AsyncIterator[tuple[list[Any], str]]:
        """What the event's outputs are by now, or the words of its error.

        It goes on until the server closes the line, as browsers do: whoever hangs up before that is taken for gone, and so is
        what the session asks for next.
        """
        outputs: list[Any] = []
        async with self.http.stream("GET", f"{API}/queue/data", params={"session_hash": self.session}) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data: "):
                    continue
                message = json.loads(line[6:])
                if message["msg"] == "unexpected_error":
                    yield [], str(message["message"])
                if message.get("event_id") != event_id or message["msg"] not in (
                    "process_generating",
                    "process_completed",
                ):
                    continue
                if not message["success"]:
                    yield [], str(message["output"].get("error"))
                    continue
                data = message["output"].get("data", [])
                if message["msg"] == "process_completed":
                    yield data, ""
                    continue
                pairs = zip(outputs, data, strict=True) if outputs else ()
                outputs = [apply_diff(old, new) for old, new in pairs] or data  # the first comes whole
                yield outputs, ""

    def _take(self, at: int, value: Any) -> None:
        if isinstance(value, dict) and value.get("__type__") == "update":
            if "value" in value:
                self.values[at] = value["value"]
        else:
            self.values[at] = value

    async def look(self) -> None:
        """Choose a sample, as a click on its picture does."""
        sample = random.choice(SAMPLES)
        await self.fire("choice", self.event("samples", "select"), {"sample": sample})

    async def annotate(self, photo: dict[str, Any]) -> None:
        """Ask the endpoint that annotates."""
        with self._timed("annotate"):
            asked = await self.http.post(f"{API}/call/annotate", json={"data": [photo, self.annotator, 3]})
            text = (
                (await self.http.get(f"{API}/call/annotate/{asked.json()['event_id']}")).text
                if asked.is_success
                else ""
            )
        if "event: complete" in text:
            self.seen.answers["annotate"] += 1
        else:
            self._refused("annotate", text or str(asked.status_code))

    async def run_on_page(self) -> None:
        """Press Attack on whatever stands on the stage, with few steps."""
        self.values[self.widget("max-steps")] = 8
        await self.fire("run on the page", self.event("attack-button", "click"))

    async def run(self, job: Job, photo: dict[str, Any], alone: dict[Job, bytes] | None) -> bytes | None:
        """Have the endpoint make the run; compare the picture with the one made `alone`."""
        with self._timed("run"):
            asked = await self.http.post(f"{API}/call/attack", json={"data": job.data(photo, self.annotator)})
            if not asked.is_success:
                self.seen.refused["run"] += 1
                return None
            text = (await self.http.get(f"{API}/call/attack/{asked.json()['event_id']}")).text
        last = text.rstrip().split("data: ")[-1]
        if "event: complete" not in text:
            self._refused("run", last)
            return None
        file, report = json.loads(last)
        picture = (await self.http.get(f"{API}/file={file['path']}")).content
        self.seen.answers["run"] += 1
        if report["stopped"] == "time":
            self.seen.hurried += 1
        elif alone is not None and picture != alone[job]:
            self.seen.wrong.append(f"{job} came out as another picture than alone")
        return picture

    def _refused(self, kind: str, words: str) -> bool:
        if "wait for a run already" in words:
            self.seen.full += 1
        else:
            self.seen.refused[kind] += 1
            self.seen.wrong.append(f"{kind}: {words[:200]}")
        return False

    @contextlib.contextmanager
    def _timed(self, kind: str) -> Any:
        began = time.monotonic()
        yield
        self.seen.seconds[kind].append(time.monotonic() - began)


async def visit(server: Server, seen: Seen, photos: dict[str, Any], alone: dict[Job, bytes], end: float) -> None:
    """One visitor, until the time is over; now and then they close the page and another one comes."""
    while time.monotonic() < end:
        visitor = Visitor(server.address, seen)
        try:
            await visitor.arrive()
            for _ in range(random.randint(4, 10)):
                what = random.choices(("look", "annotate", "run", "page"), (4, 2, 1, 2))[0]
                if what == "look":
                    await visitor.look()
                elif what == "annotate":
                    await visitor.annotate(photos[random.choice(SAMPLES)])
                elif what == "run":
                    job = random.choice(JOBS)
                    await visitor.run(job, photos[job.sample], alone)
                else:
                    await visitor.run_on_page()
                await asyncio.sleep(random.uniform(0.2, 2.0))
                if time.monotonic() > end:
                    break
        except (httpx.HTTPError, KeyError, StopIteration) as error:
            seen.wrong.append(f"{type(error).__name__}: {error}")
        finally:
            await visitor.http.aclose()


async def upload(server: Server) -> dict[str, Any]:
    """The samples, uploaded once."""
    from demo.photos.samples import write_samples

    with tempfile.TemporaryDirectory() as folder:
        paths = write_samples(Path(folder))
        async with httpx.AsyncClient(base_url=server.address, timeout=ANSWER_SECONDS) as http:
            files = [("files", (f"{name}.png", paths[name].read_bytes())) for name in SAMPLES]
            answer = (await http.post(f"{API}/upload", files=files)).raise_for_status().json()
    meta = {"_type": "gradio.FileData"}
    return {name: {"path": path, "meta": meta} for name, path in zip(SAMPLES, answer, strict=True)}


async def watch(server: Server, samples: list[tuple[float, float, int, int]], end: float) -> None:
    """Every few seconds: the time in minutes, memory in MB, threads, files."""
    began = time.monotonic()
    while time.monotonic() < end:
        samples.append(((time.monotonic() - began) / 60, server.megabytes(), server.threads(), server.files()))
        await asyncio.sleep(2)


def floors(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of every minute, its middle and the lower decile of its memory.

    The runs and the photos of the moment take 100 to 250 MB, for seconds on end, and give them back. What is never given back
    lifts the floor.
    """
    minutes: dict[int, list[float]] = defaultdict(list)
    for at, size in points:
        minutes[int(at)].append(size)
    whole = {minute: sizes for minute, sizes in minutes.items() if len(sizes) >= 10}
    return [(minute + 0.5, statistics.quantiles(sizes, n=10)[0]) for minute, sizes in sorted(whole.items())]


def slope(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Of the line of least squares through the points, and its standard error."""
    if len(points) < 3:
        return 0.0, math.inf
    xs, ys = zip(*points, strict=True)
    line = statistics.linear_regression(xs, ys)
    rest = sum((y - line.intercept - line.slope * x) ** 2 for x, y in points)
    spread = sum((x - statistics.fmean(xs)) ** 2 for x in xs)
    return line.slope, math.sqrt(rest / (len(points) - 2) / spread)


async def load(server: Server, visitors: int, minutes: float) -> int:
    """The whole test; returns the exit status."""
    await server.ready()
    print(f"started: {server.megabytes():.0f} MB, {server.threads()} threads", flush=True)
    photos, seen = await upload(server), Seen()
    first = Visitor(server.address, Seen())
    await first.arrive()
    alone = {job: await first.run(job, photos[job.sample], None) for job in JOBS}
    if lost := [job for job, picture in alone.items() if picture is None]:
        print(f"{len(lost)} of {len(JOBS)} runs failed with nobody else there: {first.seen.wrong[:3]}")
        return 1
    known = {job: picture for job, picture in alone.items() if picture is not None}
    end = time.monotonic() + 60 * minutes
    samples: list[tuple[float, float, int, int]] = []
    await asyncio.gather(
        watch(server, samples, end), *(visit(server, seen, photos, known, end) for _ in range(visitors))
    )
    return tell(seen, samples, visitors, minutes, server)


def tell(
    seen: Seen, samples: list[tuple[float, float, int, int]], visitors: int, minutes: float, server: Server
) -> int:
    """Print what was seen; 1 where something must not be so."""
    print(f"{visitors} visitors for {minutes:g} minutes")
    for kind, seconds in sorted(seen.seconds.items()):
        ranked = sorted(seconds)
        middle, late = ranked[len(ranked) // 2], ranked[int(0.95 * (len(ranked) - 1))]
        print(
            f"{kind:16} {seen.answers[kind] or len(ranked):5} answers, {seen.refused[kind]} refused; "
            f"seconds: median {middle:.2f}, 95% {late:.2f}, most {ranked[-1]:.2f}"
        )
    print(f"runs refused because the line was full: {seen.full}; ended by the shorter clock: {seen.hurried}")
    by_minute = floors([(at, size) for at, size, _, _ in samples])
    warm = min(WARM_MINUTES, minutes / 2)
    growth, error = slope([(at, floor) for at, floor in by_minute if at > warm])
    print("memory, the floor of each minute, MB:", *(f"{floor:.0f}" for _, floor in by_minute))
    print(
        f"memory: most {max(size for _, size, _, _ in samples):.0f} MB, the floor's slope {growth:+.2f} ± {error:.2f} MB a "
        f"minute from minute {warm:g} on; "
        f"threads: most {max(threads for _, _, threads, _ in samples)}; files: {samples[-1][3]}"
    )
    looked = sum(seen.refused[kind] for kind in ("page", "choice", "annotate"))
    for words, count in Counter(seen.wrong).most_common(5):
        print(f"wrong, {count} ×: {words}")
    # A minute is too short to tell growth from warming up.
    grows = minutes >= 10 and growth - 2 * error > GROWTH
    return int(bool(seen.wrong) or looked > 0 or grows or server.process.poll() is not None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--visitors", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=1.0)
    args = parser.parse_args()
    visitors, minutes = min(max(args.visitors, 1), MOST_VISITORS), min(max(args.minutes, 0.1), MOST_MINUTES)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            return asyncio.run(load(server, visitors, minutes))
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
