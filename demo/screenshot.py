"""Pictures of the running page for the README: `python -m demo.screenshot`. Needs Chromium, as the browser tests do."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from demo.page import build, launch_options

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "screenshots"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.screenshot", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for page.png")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=1000)
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--name", default="page.png")
    args = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("Chromium is needed (Debian and Ubuntu: the package chromium).")
    args.out.mkdir(parents=True, exist_ok=True)
    page = build()
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            view = browser.new_page(viewport={"width": args.width, "height": args.height})
            view.goto(f"{address}?__theme={args.theme}")
            view.locator("#after img").wait_for()
            view.wait_for_timeout(1500)  # web components settle after the first paint
            view.screenshot(path=args.out / args.name)
            browser.close()
    finally:
        page.close()


if __name__ == "__main__":
    main()
