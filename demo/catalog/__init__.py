"""Words for attacks and goals: what a visitor reads instead of the core's names."""
