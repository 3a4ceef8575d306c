"""A method, a model, a metric, a source and a page, each added in one file and one line of a registry.

Done on a copy of the project, as a developer would: the command line, the sidebar, the figures and the tests' own lists
then find them by themselves.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

METHOD = '''
"""Keep the first rows of the file."""
from typing import ClassVar, Literal
import numpy as np
from rec_core.selection.base import Candidates, Coreset, Mark, Method
from rec_core.settings import Count, offered


class Toy(Method):
    """The first rows."""
    title: ClassVar = "Toy method"
    summary: ClassVar = "Keeps what comes first."
    mark: ClassVar = Mark("#117733", "star-diamond")
    weighs: ClassVar = True
    name: Literal["toy-method"] = "toy-method"
    step: Count = offered(1, "Toy step", 1, 9)

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return the first rows, the later ones with more weight."""
        return Coreset(np.arange(budget), np.linspace(1, 2, budget, dtype=np.float32))
'''
MODEL = '''
"""A sum of two numbers, one of the user and one of the item, and what the item weighs."""
from typing import ClassVar, Literal
import numpy as np
from rec_core.models.base import Model
from rec_core.settings import offered


class Toy(Model):
    """Numbers added."""
    title: ClassVar = "Toy model"
    summary: ClassVar = "Toy adds numbers"
    name: Literal["toy-model"] = "toy-model"
    spread: float = offered(0.1, "Toy spread", 0.01, 1.0, gt=0)

    def start(self, shape, rng):
        """Return small numbers."""
        table = lambda n: (self.spread * rng.standard_normal((n, 2))).astype(np.float32)
        return {"user": table(shape.n_users), "item": table(shape.n_items), "scale": np.ones(1, np.float32)}

    def predict(self, params, u, v):
        """Return the sum."""
        return (u + v).sum(-1) * params["scale"]

    def embeddings(self, params, table):
        """Return the numbers."""
        return params[table]
'''
METRIC = '''
"""How often the held-out item comes first."""
from rec_core.evaluation.metric import Metric

FIRST = Metric("toy-metric", "Toy metric", "implicit", "rank", lambda rank: (rank < 2).astype(float))
'''
SOURCE = '''
"""A log as people have it: names, no ratings, no times, words of its own."""
from dataclasses import dataclass
import numpy as np
from rec_core.data.interactions import Catalogue, Dataset, Interactions, compact
from rec_core.data.texts import texts
from rec_core.data.sources.base import Source, Words


@dataclass(frozen=True)
class Log(Source):
    """Who ate where."""
    name: str = "toy-source"
    title: str = "Toy source"
    words: Words = Words("tavern", "taverns", "fork", "forks", "cuisine", "cuisines")
    download_mb: float = 0.0

    def locate(self, folders):
        """Return None."""
        return None

    def fingerprint(self, folders):
        """Return "": there is one copy."""
        return ""

    def load(self, folders, progress=False):
        """Make it."""
        rng = np.random.default_rng(0)
        pairs = np.unique(np.column_stack([rng.integers(0, 60, 3000), rng.integers(0, 300, 3000)]), axis=0)
        users = texts([f"guest-{u:03d}" for u in pairs[:, 0]])
        items = texts([f"{i:04d}" for i in pairs[:, 1]])
        user_ids, user, item_ids, item = compact(users, items)
        names = texts([f"Tavern {name}" for name in item_ids])
        kinds = texts(["Soup|Fish" if number % 2 else "Cake" for number in range(len(item_ids))])
        rows = Interactions(user.astype(np.int32), item.astype(np.int32), None, None)
        return Dataset(rows, Catalogue(user_ids, item_ids, names, kinds))


TOY = Log()
'''
PAGE = '''
"""Toy page: how many?"""
from pages.ui import cards, exhibits, page
from rec_core.analysis import activity
from rec_core.figures.activity import distribution
from rec_core.figures.style import mark
from rec_core.wording import labels

view = page.begin("How many does {choice} keep?")
cards.headline(f"It keeps {len(view.coreset.rows)}.")
measured = activity.measure(view.split.train, view.coreset.rows, view.split.catalogue.n_users)
shown = {"X": (measured, mark(view.spec.method.name))}
exhibits.show(distribution(shown, "ratings", labels.caption(view.spec), labels.words_of(view.spec)))
'''
# What is added: a file and its text; the registry, the line after which a name is put, and the name; what is imported.
ADDITIONS = [
    (
        ("rec_core/selection/toy.py", METHOD),
        ("rec_core/selection/__init__.py", "        Random,", "        Toy,"),
        "from rec_core.selection.toy import Toy",
    ),
    (
        ("rec_core/models/toy.py", MODEL),
        ("rec_core/models/__init__.py", "        SimpleMF,", "        Toy,"),
        "from rec_core.models.toy import Toy",
    ),
    (
        ("rec_core/evaluation/toy.py", METRIC),
        ("rec_core/evaluation/__init__.py", "        NDCG,", "        FIRST,"),
        "from rec_core.evaluation.toy import FIRST",
    ),
    (
        ("rec_core/data/sources/toy.py", SOURCE),
        ("rec_core/data/sources/__init__.py", "        *movielens.RELEASES,", "        TOY,"),
        "from rec_core.data.sources.toy import TOY",
    ),
    (
        ("pages/toy_page.py", PAGE),
        (
            "pages/ui/nav.py",
            '        Page("compare", "Compare", "compare_arrows"),',
            '        Page("toy_page", "Toy page", "toys"),',
        ),
        "",
    ),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with the five additions."""
    copy = tmp_path_factory.mktemp("copy") / "project"
    left_out = shutil.ignore_patterns(".git", ".*cache", "__pycache__", ".corelens", ".venv", ".hypothesis", "releases")
    shutil.copytree(ROOT, copy, ignore=left_out)
    for (place, text), (registry, before, name), imported in ADDITIONS:
        (copy / place).write_text(text.lstrip())
        lines = (copy / registry).read_text().splitlines()
        lines.insert(lines.index(before) + 1, name)
        first = next(number for number, line in enumerate(lines) if line.startswith(("from", "import")))
        lines[first:first] = filter(None, [imported])
        (copy / registry).write_text("\n".join(lines) + "\n")
    return copy


def _python(project: Path, *arguments: str, given: str = "", home: str = "home") -> str:
    environment = os.environ | {"CORELENS_HOME": str(project / home), "PYTHONPATH": str(project)}
    environment.pop("CORELENS_DATA", None)
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=project, env=environment, input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


QUICK = ["--set", "train.epochs=1", "--set", "proxy.epochs=1", "--split", "random/random"]


@pytest.mark.slow
def test_the_command_line_finds_them(project: Path) -> None:
    listed = _python(project, "-m", "rec_core", "methods")
    assert "toy-method   Keeps what comes first." in listed
    asked = ["--dataset", "toy-source", "--model", "toy-model", "--method", "toy-method", "--set", "method.step=2"]
    result = json.loads(_python(project, "-m", "rec_core", "run", *asked, *QUICK))
    assert result["spec"]["method"] == {"name": "toy-method", "step": 2}
    assert result["spec"]["model"] == {"name": "toy-model", "spread": 0.1}
    assert 0 <= result["metrics"]["toy-metric"] <= result["metrics"]["recall@10"] <= 1
    _python(project, "-m", "rec_core", "select", *asked, "--out", "coreset.parquet")
    code = (
        "import pandas; f = pandas.read_parquet('coreset.parquet'); assert list(f) == ['user_id', 'item_id', 'weight'];"
        "assert f.user_id.str.startswith('guest-').all() and (f.item_id.str.len() == 4).all() and f.weight.max() == 2"
    )
    _python(project, "-c", code)


APP = """
import sys
from streamlit.testing.v1 import AppTest
from rec_core.__main__ import main
from rec_core.figures.style import mark
from rec_core.settings import offers
from rec_core.selection import METHODS

link = {"data": "Toy source", "model": "Toy model", "method": "Toy method", "preset": "As in the report"}
link |= {"test": "random", "epochs": "1", "proxy_epochs": "1"}
assert (mark("toy-method").colour, mark("toy-method").symbol) == ("#117733", "star-diamond")
for method in ("full", "toy-method"):
    run = ["run", "--dataset", "toy-source", "--model", "toy-model", "--method", method, "--json", "out.json"]
    assert main([*run, *sys.argv[1:]]) == 0
shown = set()
for page in sys.stdin.read().split():
    app = AppTest.from_file("app.py", default_timeout=60)
    app.query_params.update(link)
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    assert [e.message for e in app.exception] == [], (page, app.exception)
    assert [e.value for e in app.error] == [], (page, app.error)
    texts = [t.value for kind in (app.title, app.markdown, app.caption, app.subheader, app.metric) for t in kind]
    texts += [m.label for m in app.metric]
    shown |= {word for word in ("tavern", "Taverns", "film", "Film", "stars") if any(word in str(t) for t in texts)}
    if page == "toy_page":
        assert app.title[0].value.startswith("It keeps ")
    if page == "results":
        assert app.sidebar.selectbox(key="method").value == "toy-method"
        assert app.sidebar.selectbox(key="model").value == "toy-model"
        assert app.sidebar.number_input(key="step").label == "Toy step"
        assert app.sidebar.number_input(key="spread").label == "Toy spread"
        assert "toy-metric" in app.dataframe[0].value
        assert {"Toy method"} < set(app.dataframe[0].value["method"]), app.dataframe[0].value["method"].tolist()
    if page == "compare":
        assert "Toy metric" in app.dataframe[1].value
assert shown == {"tavern", "Taverns"}, shown
"""


@pytest.mark.slow
def test_the_sidebar_the_pages_and_the_figures_find_them(project: Path) -> None:
    (project / "try.py").write_text(APP)
    names = [path.stem for path in sorted((project / "pages").glob("*.py")) if path.stem != "__init__"]
    _python(project, "try.py", *QUICK, given=" ".join(names), home="home-of-pages")


@pytest.mark.slow
def test_the_tests_own_lists_find_them(project: Path) -> None:
    wanted = "toy-method or toy-model or toy-metric or toy-source or (toy_page and (first_start or cold or whole))"
    folders = ("tests/rec_core", "tests/pages")
    found = _python(project, "-m", "pytest", "-q", "-k", wanted, "--no-header", "-rA", *folders)
    passed = [line for line in found.splitlines() if line.startswith("PASSED")]
    names = ("toy-method", "toy-model", "toy-metric", "toy-source", "toy_page")
    assert [name for name in names if not any(name in line for line in passed)] == []
