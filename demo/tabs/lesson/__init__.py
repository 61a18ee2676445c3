"""The tab "Lesson": twenty minutes for a class, from recorded runs; everything happens in the browser."""
