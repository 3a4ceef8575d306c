"""Analysis: one module per question about a coreset."""
