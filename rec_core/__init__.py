"""Coreset selection for recommenders: choose training rows, train on them, compare with training on everything."""

__version__ = "0.2.0.dev0"
