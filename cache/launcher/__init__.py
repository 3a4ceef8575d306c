"""Where jobs run: started, found again, followed, cancelled. Nothing outside this room knows Dask."""

from cache.launcher.base import JobState, Launcher
from cache.launcher.local import Local

__all__ = ["JobState", "Launcher", "Local"]
