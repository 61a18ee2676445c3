"""What several test files share: sample photos, and the page served on a free port with a browser to look at it."""

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page's sample photos as files, by name."""
    from demo.samples import write_samples

    return write_samples(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page, served as `app.py` serves it but on any free port and with its own cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        patch.delenv("GRADIO_SERVER_PORT", raising=False)
        from demo.page import build, launch_options

        page = build()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, address, _ = page.launch(
                prevent_thread_lock=True,
                quiet=True,
                server_name="127.0.0.1",
                server_port=_free_port(),
                **launch_options(),
            )
        yield address
        page.close()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium, driven by Playwright; tests that need it are skipped where either is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("browser tests need Chromium (Debian and Ubuntu: the package chromium)")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()
