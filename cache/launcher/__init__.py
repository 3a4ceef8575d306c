"""Where jobs run: started, found again, followed, cancelled. Nothing outside this room knows Dask."""

from cache.launcher.base import Launcher
from cache.launcher.local import Local

__all__ = ["Launcher", "Local"]
