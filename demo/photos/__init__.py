"""Where photos come from: samples, uploads, addresses; no HTML."""
