"""Corelens: how little data does a recommender need, and which data? Start with ``streamlit run app.py``."""

from pages.ui import nav, sidebar

nav.configure()
sidebar.show()
nav.run()
