"""Data: where they come from, which rows stay, how they are split."""
