"""Importing this makes training ready: kernels are loaded, or compiled where they never were; or torch is loaded.

Then how fast compiled ones are here is measured, once. A module, because that is what a stage names for being loaded
before its clock starts. What a reader has to mend is said by the job that needs it, not here.
"""

from __future__ import annotations

from rec_core.training.kernels import probe
from rec_core.training.kernels.support import uses_reference

if uses_reference():
    from rec_core.training.kernels import reference  # noqa: F401
else:
    from rec_core.training.kernels import compiled

    compiled.make_ready()
    probe.measure()
