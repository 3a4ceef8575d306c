"""Independent random streams, one per purpose, all derived from a seed of the spec."""

from __future__ import annotations

import zlib

import numpy as np


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Return the stream of ``seed`` for one purpose.

    Naming the purpose keeps streams apart: drawing more in one stage never shifts what another stage
    draws, so two runs that share a stage share its randomness too.

    >>> bool(generator(0, "split").random() == generator(0, "split").random())
    True
    >>> bool(generator(0, "split").random() == generator(0, "start").random())
    False
    """
    spawned = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(purpose.encode()),))
    return np.random.default_rng(spawned)
