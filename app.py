"""Start the demo: `python app.py`, then open http://127.0.0.1:7860. Gradio's GRADIO_* variables are honoured."""

from demo import fetched
from demo.page import build, launch_options

if __name__ == "__main__":
    page = build()
    fetched.in_background(page)
    page.launch(**launch_options())
