"""``python -m rec_core``: the command line (``rec_core.cli``), with results where the dashboard has them."""

from __future__ import annotations

import os
import signal
import sys

STOPPED = "corelens: stopped; finished steps are kept and will not be computed again."


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, or 1 after one sentence on stderr."""
    # Loading takes a second, and libraries may turn an interrupt in the middle of their import into anything.
    before = signal.signal(signal.SIGINT, _stop)
    from cache import faults, private
    from cache.home import folders, home, open_store, uploads_limit
    from cache.ledger import Ledger
    from cache.listed import SweepList
    from cache.logs import Logs
    from cache.restore import restore
    from cache.store import DiskStore
    from rec_core import cli
    from rec_core.data.databases import hidden
    from rec_core.data.sources.table import Queried
    from rec_core.errors import CorelensError
    from rec_core.specs import ExperimentSpec

    def store() -> DiskStore:
        opened = open_store(home())
        opened.tidy()
        return opened

    def remember(key: str, spec: ExperimentSpec) -> None:
        ledger = Ledger(home())
        restore(ledger, DiskStore(home()))
        ledger.ask(key, "run", spec)

    signal.signal(signal.SIGINT, before)
    try:
        private.tighten(home())
        logs = Logs(Ledger(home()))
        logs.register()

        def ask(address: str, query: str) -> tuple[str, Queried]:
            return logs.ask(address, query, uploads_limit())

        return cli.main(arguments, cli.Home(store, folders, remember, SweepList(Ledger(home())), logs, ask))
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        return 130
    except CorelensError as error:  # the list of logs could not be read
        print(f"corelens: {error}", file=sys.stderr)
        return 1
    except Exception as error:
        print(f"corelens: {faults.noted(error, hidden(' '.join(sys.argv)))}", file=sys.stderr)
        return 1


def _stop(*_: object) -> None:
    os.write(2, f"{STOPPED}\n".encode())
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
