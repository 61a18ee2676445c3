"""Pictures of the running page for the README: `python -m demo.screenshot`. Needs Chromium, as the browser tests do.

It makes page.png, one picture a tab (tab-*.png), thumbnail.png for link previews, and film.webp, a run from its start to
its verdict. `--only` makes some of them.
"""

import argparse
import io
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from demo.engine.recipes import annotator_of
from demo.page import build, launch_options

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "screenshots"
KINDS = ("page", "tabs", "thumbnail", "film")
THUMBNAIL = (1200, 630)  # what link previews are cut to
FILM_WIDTH, FILM_SECONDS, FILM_BYTES = 720, 6.0, 3_000_000
FILM_VIEW = (1180, 1010)  # bar, verdict, pictures, lists and race
LAST_FRAME = 2500  # milliseconds: time to read the verdict
QUALITIES = (80, 65, 50, 35, 20)


@contextmanager
def opened(width: int, height: int, theme: str) -> Iterator[Page]:
    """The page in a browser, as a visitor finds it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("Chromium is needed (Debian and Ubuntu: the package chromium).")
    page = build()
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            view = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=1)
            view.goto(f"{address}?__theme={theme}")
            view.locator("#after img").wait_for()
            view.wait_for_timeout(1500)  # web components settle after the first paint
            yield view
            browser.close()
    finally:
        page.close()


def picture_tabs(view: Page, out: Path) -> None:
    """A picture of every tab, whole, named after it."""
    tabs = view.locator("#tabs [role=tab]")
    names = list(dict.fromkeys(name.strip() for name in tabs.all_inner_texts() if name.strip()))
    for name in names:
        view.get_by_role("tab", name=name, exact=True).first.click()
        view.wait_for_timeout(2500)  # tabs are filled when they are opened first
        view.wait_for_function("!document.querySelector('.fetching')")
        view.screenshot(path=out / f"tab-{name.lower().replace(' ', '-')}.png", full_page=True)
    view.get_by_role("tab", name=names[0], exact=True).first.click()


def picture_thumbnail(view: Page, out: Path) -> None:
    """The stage alone, in the shape of a link preview."""
    before = view.viewport_size
    view.set_viewport_size({"width": THUMBNAIL[0], "height": THUMBNAIL[1]})
    view.locator("#stage").scroll_into_view_if_needed()
    view.evaluate("window.scrollTo(0, document.querySelector('#verdict').getBoundingClientRect().top + scrollY - 80)")
    view.wait_for_timeout(800)
    view.screenshot(path=out / "thumbnail.png")
    if before:
        view.set_viewport_size(before)


def film_a_run(view: Page, out: Path) -> None:
    """A targeted run as a short animation: as many frames as the machine can take, at the pace they were taken.

    The five worst-scored of 80 labels, so that there is something to watch.
    """
    before = view.viewport_size
    view.set_viewport_size({"width": FILM_VIEW[0], "height": FILM_VIEW[1]})
    view.locator(f"#annotator label:has(input[value={annotator_of('coco')}])").click()
    view.wait_for_timeout(2000)
    view.locator("#attack input").click()
    view.locator("#attack [role=option]", has_text="(TkML-AP-T)").click()
    view.locator("#case label", has_text="worst-scored").click()
    view.locator("#k input[type=number]").fill("5")
    view.locator("#k input[type=number]").press("Tab")
    view.wait_for_timeout(2000)
    view.evaluate("window.scrollTo(0, document.querySelector('#stage').getBoundingClientRect().top + scrollY - 80)")
    view.wait_for_timeout(1500)
    frames, times = [_frame(view)], [0.0]
    began = time.perf_counter()
    view.locator("#attack-button").click()
    while time.perf_counter() - began < FILM_SECONDS or not view.locator("#attack-button").is_enabled():
        frames.append(_frame(view))
        times.append(time.perf_counter() - began)
        if view.locator("#attack-button").is_enabled() and times[-1] > 1:
            break
        if times[-1] > 10 * FILM_SECONDS:
            raise SystemExit("The run did not end; no film was made.")
    frames.append(_frame(view))
    times.append(time.perf_counter() - began)
    scale = min(1.0, FILM_SECONDS / times[-1])  # a slow machine's film runs at a fast one's pace
    shown = [max(40, round(1000 * scale * (b - a))) for a, b in pairwise(times)]
    save_film(frames, [*shown, LAST_FRAME], out / "film.webp")
    if before:
        view.set_viewport_size(before)


def _frame(view: Page) -> Image.Image:
    image = Image.open(io.BytesIO(view.screenshot(type="jpeg", quality=95))).convert("RGB")
    return image.resize((FILM_WIDTH, round(image.height * FILM_WIDTH / image.width)), Image.Resampling.LANCZOS)


def save_film(frames: list[Image.Image], milliseconds: list[int], path: Path) -> None:
    """An animated WebP that plays again and again, at the best quality that keeps it below FILM_BYTES."""
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": milliseconds, "loop": 0}
    for quality in QUALITIES:
        buffer = io.BytesIO()
        frames[0].save(buffer, "WEBP", quality=quality, method=4, **options)
        if buffer.tell() < FILM_BYTES:
            path.write_bytes(buffer.getvalue())
            return
    raise SystemExit(f"The film has {buffer.tell()} bytes at the lowest quality; fewer frames are needed.")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m demo.screenshot", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for the pictures")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=1000)
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--only", choices=KINDS, nargs="+", default=KINDS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with opened(args.width, args.height, args.theme) as view:
        if "page" in args.only:
            view.screenshot(path=args.out / "page.png")
        if "tabs" in args.only:
            picture_tabs(view, args.out)
        if "thumbnail" in args.only:
            picture_thumbnail(view, args.out)
        if "film" in args.only:
            film_a_run(view, args.out)


if __name__ == "__main__":
    main()
