"""Whether this machine can use compiled kernels, and having them compiled ahead, without loading numba."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

from rec_core import machine_code
from rec_core.errors import TrainingError, reason

_NICENESS = 10
_COMPILERS = 2  # processes that compile, each what the other does not
DONE = "done"  # the file that says that all kernels are there
_ARM = ("aarch64", "arm64")
_NEEDED = {"avx2": "AVX2", "fma": "FMA"}  # of an x86 processor: eight numbers at once, and their products added up


def device() -> str:
    """Return where training is asked to run: ``CORELENS_DEVICE``, by default the processor, ``cpu``.

    Raises:
        TrainingError: if that is neither ``cpu`` nor ``cuda``.
    """
    asked = os.environ.get("CORELENS_DEVICE") or "cpu"
    if asked not in ("cpu", "cuda"):
        raise TrainingError(f"CORELENS_DEVICE is '{asked}'; set it to cpu or cuda, or leave it out, and start again.")
    return asked


@cache
def why_slow() -> str:
    """Return why training uses the slow kernels here, one sentence with a remedy; "" if it need not."""
    return _processor() or _place()


def uses_reference() -> bool:
    """Say whether training uses the reference kernel here: compiled ones cannot be used, or a device is asked for."""
    return bool(why_slow()) or os.environ.get("CORELENS_DEVICE", "cpu") not in ("", "cpu")


def kept() -> Path:
    """Return where compiled kernels are kept: found by the code of all of them, since one is inlined into another."""
    return machine_code.folder("kernels", code_version())


@cache
def code_version() -> str:
    """Return what changes whenever a kernel's code does."""
    return digest_of(*sorted((Path(__file__).parent / "compiled").glob("*.py")))


def digest_of(*files: Path) -> str:
    """Return what changes whenever one of the files does."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def compiling_for() -> float | None:
    """Return for how many seconds kernels have been compiled here; None where they are there, or not used."""
    if uses_reference() or (kept() / DONE).exists():
        return None
    try:
        return max(0.0, time.time() - (kept() / "log").stat().st_ctime)
    except OSError:  # nobody has begun
        return 0.0


def compile_ahead() -> None:
    """Have kernels compiled by processes of their own, unless that was done before: readers choose meanwhile."""
    if uses_reference() or (kept() / DONE).exists():
        return
    with contextlib.suppress(OSError), (kept() / "log").open("ab") as log:  # whoever trains compiles them otherwise
        for _ in range(_COMPILERS):
            compiler = subprocess.Popen(
                [sys.executable, "-m", "rec_core.training.kernels.ready"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # it ends by itself, also where the app ends before
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            threading.Thread(target=compiler.wait, daemon=True).start()
            os.setpriority(os.PRIO_PROCESS, compiler.pid, _NICENESS)  # the first page comes first


def _processor() -> str:
    if platform.machine() in _ARM:
        return ""
    from llvmlite.binding import get_host_cpu_features

    has = get_host_cpu_features()
    missing = [title for name, title in _NEEDED.items() if not has.get(name)]
    if not missing:
        return ""
    return (
        f"Training takes several times as long here, because this processor has no {' and no '.join(missing)}; "
        "on another machine it is faster, with the same results up to rounding."
    )


def _place() -> str:
    try:
        place = kept()
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return (
            f"Training takes several times as long here, because compiled code cannot be kept in {_short(kept())} "
            f"({reason(error)}). Make that folder writable, or set XDG_CACHE_HOME to one that is, and start again."
        )


def _short(path: Path) -> str:
    home = os.path.expanduser("~")  # noqa: PTH111 - of a user without a home, Path raises
    return str(path).replace(home, "~", 1) if home not in ("", "/", "~") else str(path)
