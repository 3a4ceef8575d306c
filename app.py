"""Corelens: how little data does a recommender need, and which data? Start with ``streamlit run app.py``.

Streamlit loads this file once, for the server, and runs it as a script for every look at a page.
"""

import streamlit as st

if __name__ == "__main__":
    from pages.ui import nav, sidebar, strip

    nav.configure()
    sidebar.show()
    strip.show()
    nav.run()
else:
    from pages.ui import server

    app = st.App(__file__, lifespan=server.lifespan, middleware=server.MIDDLEWARE)
