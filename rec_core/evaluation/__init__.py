"""Evaluation: errors of ratings, ranks of held-out items, controls."""
