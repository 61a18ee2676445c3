"""What BlackBox gains over Square Attack, query by query."""
