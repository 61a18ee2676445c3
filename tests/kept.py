"""How much memory the server takes while it keeps a finished run for each visitor: `python -m tests.kept --visitors 128`.

Each visitor opens the page, uploads a photo of their own and attacks it in as many steps as leave most frames, and stays. It
ends with an error where the server's memory was ever above MOST_MB. It uses this machine alone; on two cores it takes minutes,
fewer with `--steps 6`, which leave less to keep.
"""

import argparse
import asyncio
import io
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from demo.engine.replay import MOST_FRAMES
from demo.page import VISITORS
from demo.photos.samples import samples
from tests.load import API, Seen, Server, Visitor

MOST_MB = 1600.0
TOLD_EVERY = 8
AT_ONCE = 2
MOST_STEPS = MOST_FRAMES - 1  # with step 0 as many frames as are ever kept: after one more, every second one goes
# The worst targets, so that no run is over before all its frames are taken.
ASKED = {"attack": "TkML-AP-T", "goal": "targeted", "case": "worst"}


def photo_of(number: int) -> bytes:
    """A photo that no other visitor has: a cut of a sample, as a PNG."""
    among = samples()
    image = among[number % len(among)].open().copy()
    image.thumbnail((700, 700))
    left = number // len(among)
    buffer = io.BytesIO()
    image.crop((left, left, image.width, image.height)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


async def stay(server: Server, seen: Seen, number: int, steps: int) -> None:
    """One visitor, who has a run made on a photo of their own and leaves the page open."""
    visitor = Visitor(server.address, seen)
    try:
        await visitor.arrive()
        file = {"files": (f"{number}.png", await asyncio.to_thread(photo_of, number))}
        path = (await visitor.http.post(f"{API}/upload", files=file)).raise_for_status().json()[0]
        visitor.values[visitor.widget("photo")] = {"path": path, "meta": {"_type": "gradio.FileData"}}
        await visitor.fire("photo", visitor.event("photo", "input"))
        visitor.values |= {visitor.widget(name): value for name, value in {**ASKED, "max-steps": steps}.items()}
        await visitor.fire("run", visitor.event("attack-button", "click"))
        kept: Any = visitor.values[visitor.widget("replay")]
        if not kept or kept.get("at", 0) < steps // 2:
            seen.wrong.append(f"no run of many frames was kept for visitor {number}: {str(kept)[:100]}")
    finally:
        await visitor.http.aclose()


async def fill(server: Server, visitors: int, steps: int) -> int:
    """The whole measurement; returns the exit status."""
    await server.ready()
    print(f"started: {server.megabytes():.0f} MB", flush=True)
    seen, most, began = Seen(), 0.0, time.monotonic()
    room, done = asyncio.Semaphore(AT_ONCE), 0

    async def one(number: int) -> None:
        nonlocal most, done
        async with room:
            await stay(server, seen, number, steps)
        done, most = done + 1, max(most, server.megabytes())
        if done % TOLD_EVERY == 0:
            print(f"{done} runs kept: {server.megabytes():.0f} MB, {time.monotonic() - began:.0f} s", flush=True)

    await asyncio.gather(*(one(number) for number in range(visitors)))
    await asyncio.sleep(5)
    most = max(most, server.megabytes())
    print(f"{visitors} visitors, each with a finished run: most {most:.0f} MB, at the end {server.megabytes():.0f} MB")
    for words in seen.wrong[:5]:
        print(f"wrong: {words}")
    return int(bool(seen.wrong) or most > MOST_MB)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kept", description=__doc__)
    parser.add_argument("--visitors", type=int, default=VISITORS, help=f"at most {VISITORS}, as many as are remembered")
    parser.add_argument(
        "--steps", type=int, default=MOST_STEPS, help=f"of each run, at most {MOST_STEPS}, as leave most"
    )
    args = parser.parse_args()
    visitors, steps = min(max(args.visitors, 1), VISITORS), min(max(args.steps, 1), MOST_STEPS)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            return asyncio.run(fill(server, visitors, steps))
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
