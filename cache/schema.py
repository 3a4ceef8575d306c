"""The tables of the ledger, as the steps that lead from each version to the next."""

# Each entry takes the schema one version up; entries are never edited, only added.
MIGRATIONS = (
    """
    CREATE TABLE jobs (
        key TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        spec TEXT NOT NULL,
        asked_at REAL NOT NULL
    );
    CREATE INDEX jobs_by_time ON jobs (kind, asked_at);
    """,
    """
    CREATE TABLE pins (scope TEXT PRIMARY KEY, key TEXT NOT NULL);
    CREATE TABLE notes (key TEXT PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL);
    """,
    "CREATE TABLE names (key TEXT PRIMARY KEY, name TEXT NOT NULL);",
    """
    CREATE TABLE sweeps (
        name TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        asked TEXT NOT NULL,
        asked_at REAL NOT NULL,
        paused TEXT NOT NULL,
        spent REAL NOT NULL,
        ended TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE logs (
        name TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        path TEXT NOT NULL,
        reading TEXT NOT NULL,
        items_path TEXT NOT NULL,
        added_at REAL NOT NULL,
        removed_at REAL NOT NULL
    );
    """,
    """
    CREATE TABLE queue (
        key TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        spec TEXT NOT NULL,
        later INTEGER NOT NULL,
        began INTEGER NOT NULL,
        handed INTEGER NOT NULL,
        worker TEXT NOT NULL,
        deaths TEXT NOT NULL
    );
    """,
    # Whose a log is: before, a home had one owner. Two people may have the same log, each by a path of their own.
    """
    ALTER TABLE logs RENAME TO logs_of_one;
    CREATE TABLE logs (
        name TEXT NOT NULL,
        title TEXT NOT NULL,
        path TEXT NOT NULL,
        reading TEXT NOT NULL,
        items_path TEXT NOT NULL,
        added_at REAL NOT NULL,
        removed_at REAL NOT NULL,
        owner TEXT NOT NULL,
        shared INTEGER NOT NULL,
        PRIMARY KEY (name, owner)
    );
    INSERT INTO logs SELECT name, title, path, reading, items_path, added_at, removed_at, '', 0 FROM logs_of_one;
    DROP TABLE logs_of_one;
    """,
)
