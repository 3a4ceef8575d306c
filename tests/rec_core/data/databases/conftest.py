"""A real PostgreSQL in a temporary folder, where Debian's package has put its programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "s3cret-and-long"


@dataclass(frozen=True)
class Server:
    """A server that listens on a socket in ``folder``; the user "ann" has a password, "postgres" has none."""

    folder: Path

    def address(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def run(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def copy(self, statement: str, text: bytes) -> None:
        import psycopg

        with (
            psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection,
            connection.cursor().copy(statement.encode()) as copy,
        ):
            copy.write(text)


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    pytest.importorskip("psycopg")
    programs = _programs()
    if programs is None:
        pytest.skip("needs Debian's package postgresql")
    # A socket's path may have about a hundred bytes, and another account has to reach it.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    as_other: dict[str, Any] = {}
    if os.getuid() == 0:  # PostgreSQL refuses to be run by root
        shutil.chown(folder, "postgres", "postgres")
        as_other = {"user": "postgres", "group": "postgres", "extra_groups": []}
    folder.chmod(0o755)

    def run(*command: object) -> None:
        subprocess.run([str(part) for part in command], check=True, capture_output=True, cwd=folder, **as_other)

    data = folder / "data"
    try:
        run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        (data / "pg_hba.conf").write_text("local all postgres trust\nlocal all all scram-sha-256\n")
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run(programs / "pg_ctl", "-D", data, "-o", settings, "-l", folder / "log", "-w", "start")
        try:
            found = Server(folder)
            found.run(f"CREATE USER ann PASSWORD '{PASSWORD}'")
            yield found
        finally:
            run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
