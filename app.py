"""Start the demo: `python app.py`, then open http://127.0.0.1:7860. Gradio's GRADIO_* variables are honoured."""

from demo.page import build, launch_options
from demo.photos import download

if __name__ == "__main__":
    page = build()
    download.in_background()
    page.launch(**launch_options())
