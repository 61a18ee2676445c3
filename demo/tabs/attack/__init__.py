"""The tab "Attack": one photo, one goal, one attack, watched while it runs."""
