"""How kernels are compiled: by numba, once, and kept on disk for the processes that follow.

numba looks for changes in one file only, though it inlines across files; so what is kept is found by the code of all
kernels, and within that by a function's own file, which may stand elsewhere, and by numba's key: the types of the
arguments, the processor and what that can do.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba.core.config
from numba.core.caching import _CacheLocator

from rec_core.training.kernels.support import code_version, digest_of, kept

Function = TypeVar("Function", bound=Callable[..., Any])
config: Any = numba.core.config  # settings that its types do not name
config.LOOP_VECTORIZE = 0  # kernels say themselves what is done eight at a time; looking for more took a fifth longer
_njit: Any = numba.njit
# Arrays come from outside and stay alive meanwhile. Counting who holds them took half of a step's time.
_PLAINLY = {"nogil": True, "error_model": "numpy", "_nrt": False}


def inlined(function: Function) -> Function:
    """Compile a function into whatever calls it."""
    return _njit(forceinline=True, **_PLAINLY)(function)


def compiled(function: Function) -> Function:
    """Compile a function for the arguments that it is called with first, and keep what was compiled."""
    before, config.CACHE_LOCATOR_CLASSES = config.CACHE_LOCATOR_CLASSES, f"{__name__}.{_Place.__name__}"
    try:
        return _njit(cache=True, **_PLAINLY)(function)
    finally:
        config.CACHE_LOCATOR_CLASSES = before


class _Place(_CacheLocator):
    """Where numba keeps a function: the extension point that it names ``CACHE_LOCATOR_CLASSES``."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._function, self._file = function, file

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> _Place:
        return cls(py_func, py_file)

    def get_cache_path(self) -> str:
        return str(kept())

    def get_source_stamp(self) -> str:
        return f"{code_version()} {digest_of(Path(self._file))}"

    def get_disambiguator(self) -> str:
        return self._function.__module__.rpartition(".")[2]
