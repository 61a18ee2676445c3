"""What was measured: lines in files, figures of them, tables in words. The page reads it, the experiments write it."""
