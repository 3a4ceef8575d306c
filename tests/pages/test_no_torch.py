"""Pages are drawn without torch: loading it takes a second and half a gigabyte that no reader asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pages.ui import nav
from tests.conftest import quick
from tests.pages.conftest import ROOT, finish

DRAW = """
import sys
from streamlit.testing.v1 import AppTest
from pages.ui import exhibits

exhibits.HEAD_START = 0
link = {"data": "Synthetic, 10,000 ratings", "preset": "As in the report", "proxy_epochs": "1"}
link |= {"epochs": "2", "patience": "0"}
for page in sys.argv[1:]:
    for method in ("Gradient", "Clustering"):
        app = AppTest.from_file("app.py", default_timeout=60)
        app.query_params.update(link | {"method": method, "pretrain": "false"})
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception, [e.message for e in app.exception]
        assert app.title, page
        for library in ("torch", "umap"):
            assert library not in sys.modules, f"{page} loaded {library}"
"""


def test_no_page_loads_torch_however_much_it_shows(home: Path) -> None:
    finish(home, quick("full"), quick("random"), quick("gradient", pretrain=False))
    command = [sys.executable, "-c", DRAW, *nav.NAMES]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
