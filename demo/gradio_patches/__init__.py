"""What changes Gradio's own behaviour: each file says which behaviour, and why."""
