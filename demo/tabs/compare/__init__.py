"""The tab "Compare": several methods, one after the other, on the same photo with the same goal."""
