"""Start the demo: `python app.py`, then open http://127.0.0.1:7860. Gradio's GRADIO_* variables are honoured."""

from demo.server import environment

if __name__ == "__main__":
    environment.prepare()
    with environment.nothing_collected():
        from demo.page import build, launch_options  # Gradio reads where its folder is as it is imported
        from demo.photos import download

        page = build()
    download.in_background()
    page.launch(**launch_options())
