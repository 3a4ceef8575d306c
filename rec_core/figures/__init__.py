"""Figures: pure functions from an analysis to a plotly figure."""
