"""The tabs of the page, a folder each; none imports another, but `learn` the tab `attack`."""
