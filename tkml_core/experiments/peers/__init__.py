"""Others' minimum-norm attacks, after their papers, re-run on MinNorm's exact margin to be compared with it."""
