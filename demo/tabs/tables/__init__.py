"""The tab "Tables": what was measured beside the paper's own numbers, and a row that a visitor measures live."""
