"""HTML, SVG and pictures made of plain values; no Gradio."""
