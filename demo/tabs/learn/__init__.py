"""The tab "How it works": the idea, then six steps from a top-k annotation to Eq. 12, each a picture to move."""
