"""What attacks are built from: settings, the state of a batch, the descent of the paper, budgets. No attack is here."""
