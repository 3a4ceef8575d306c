"""Only one statement that reads is asked of a database."""

from __future__ import annotations

import pytest

from rec_core.data.databases.statement import has_order, required
from rec_core.errors import DataError


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "  select a from b ;  ",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "-- a comment; DROP TABLE x\nSELECT ';' FROM b",
        "/* ; */ SELECT \"a;b\", 'it''s;', $$;$$, $x$ ; $x$ FROM b; -- the end",
        "SELECT E'\\';' FROM b",
        "(SELECT 1) UNION (SELECT 2)",
    ],
)
def test_queries_that_read_pass(query: str) -> None:
    assert required(query).rstrip().rstrip(";") in query


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "empty"),
        ("-- nothing", "empty"),
        ("DELETE FROM a", "begins with 'DELETE'"),
        ("PRAGMA writable_schema = 1", "begins with 'PRAGMA'"),
        ("ATTACH 'x' AS y", "begins with 'ATTACH'"),
        ("COPY a TO PROGRAM 'rm'", "begins with 'COPY'"),
        ("SELECT 1; DROP TABLE a", "more than one statement"),
        ("SELECT 'a''; DROP TABLE a; --'; SELECT 2", "more than one statement"),
        ("SELECT '", "never closed"),
        ("SELECT /* a", "never closed"),
        ("SELECT 1" + " " * 30_000 + "+ 1", "at most"),
        ("SELECT \0", "zero byte"),
    ],
)
def test_others_are_refused_in_one_sentence(query: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        required(query)


def test_a_semicolon_at_the_end_goes() -> None:
    assert required("SELECT ';' ;\n") == "SELECT ';'"


@pytest.mark.parametrize(
    ("query", "ordered"),
    [
        ("SELECT a FROM b ORDER BY c", True),
        ("SELECT a FROM b order\n  by c LIMIT 3", True),
        ("SELECT a FROM (SELECT a FROM b ORDER BY c) AS d", False),
        ("SELECT row_number() OVER (ORDER BY c) FROM b", False),
        ("SELECT 'order by c' FROM b -- ORDER BY c", False),
    ],
)
def test_the_order_of_the_whole_query_counts(query: str, ordered: bool) -> None:
    assert has_order(query) is ordered
