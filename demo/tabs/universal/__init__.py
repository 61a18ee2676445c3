"""The tab "Universal": one change for many photos, crafted live, and tried on photos that it has not seen."""
