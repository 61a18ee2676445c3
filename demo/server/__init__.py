"""What stands around the page: the machine it starts on, what may come in, Gradio's queue, who still listens."""
