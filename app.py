"""Corelens: how little data does a recommender need, and which data? Start with ``streamlit run app.py``."""

from pages.ui import nav, sidebar, strip

nav.configure()
sidebar.show()
strip.show()
nav.run()
