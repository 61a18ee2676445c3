"""Start the demo: `python app.py`, then open http://127.0.0.1:7860. `--help` says what else it can be told."""

import contextlib

from demo.gradio_patches import no_stub_files
from demo.server import command_line, environment

if __name__ == "__main__":
    command_line.read()
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C while it starts; later the page sees to it
        environment.prepare()
        with environment.nothing_collected(), no_stub_files.none_written():
            from demo.page import build, launch_options  # Gradio reads where its folder is as it is imported
            from demo.photos import download
            from demo.tabs.lesson import tab as lesson

            page = build()
        download.in_background()
        lesson.in_background(page)
        page.launch(**launch_options())
