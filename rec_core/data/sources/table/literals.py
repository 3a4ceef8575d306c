"""Lines of Python's own notation, ``{u'user': 'x', 'hours': 3.5}``, as some published logs have them in place of JSON.

Nothing is run: the line is parsed, and what is no constant, list or dictionary of them is refused.
"""

from __future__ import annotations

import ast
import re
import warnings

_LONGEST = 1 << 20  # characters of a line
_PLAIN = re.compile(r"[\d.eE+-]+")


def loads(line: str) -> object:
    """Return the value that a line writes; numbers are texts, as they are written.

    Raises:
        ValueError: if it is not the notation of a value.

    >>> loads("{u'user': 'x', 'hours': 3.50, 'early': False, 'tags': ('a', None)}")
    {'user': 'x', 'hours': '3.50', 'early': False, 'tags': ['a', None]}
    """
    if len(line) > _LONGEST:
        raise ValueError("the line is too long")
    text = line.strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python does not know
            tree = ast.parse(text, mode="eval")
        return _value(tree.body, text.encode())
    except (SyntaxError, MemoryError, RecursionError) as error:  # nested too deeply, for the last two
        raise ValueError("no value of Python") from error


def _value(node: ast.AST, text: bytes) -> object:
    if isinstance(node, ast.Constant):
        return _constant(node, text)
    if isinstance(node, ast.Dict):
        keys = [_value(key, text) if key is not None else None for key in node.keys]
        if not all(isinstance(key, str) for key in keys):
            raise ValueError("a key is no text")
        return dict(zip(keys, [_value(one, text) for one in node.values], strict=True))
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [_value(one, text) for one in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        number = _constant(node.operand, text)
        if isinstance(number, str) and not isinstance(node.operand.value, str):
            return f"-{number}"
    if isinstance(node, ast.Name) and node.id in ("nan", "inf"):
        return node.id
    raise ValueError("no constant")


def _constant(node: ast.Constant, text: bytes) -> object:
    value = node.value
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, int | float):
        written = text[node.col_offset : node.end_col_offset].decode()
        return written if _PLAIN.fullmatch(written) else str(value)
    raise ValueError("no constant of JSON")
