"""One run of wstap over all files, and what an analysis on Spark gives, in a form that can be compared."""

import hashlib
import subprocess

from wstap_spark import program, tables

# Numbers of connections and rows differ between one run and many.
OWN = {"id", "connection", "session", "shard", "capture_point"}
ALL = ("session", "message", "finding", "gap")


def rows(table, dictionaries):
    """The rows, sorted; of payloads the SHA-256."""
    names = [name for name in tables.arrow_schema(table).names if name not in OWN]
    result = []
    for row in dictionaries:
        # Bounds of all connections together, which are hit later if there are fewer.
        if table == "finding" and row["rule"].startswith("limit."):
            continue
        values = [hashlib.sha256(row[name]).hexdigest() if name == "payload" and row[name] is not None else row[name]
                  for name in names]
        result.append(tuple(values))
    return sorted(result, key=repr)


def single(paths, folder, words=()):
    """The tables of one run over all files."""
    database = str(folder / "single.db")
    done = subprocess.run(
        [program.path(), "read", *paths, "--format", "sqlite", "-o", database, "-q", *words],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert done.returncode in (0, 1), done.stderr
    return {table: rows(table, (row for batch in tables.batches(database, table, 0, "") for row in batch.to_pylist()))
            for table in ALL}


def collected(analysis):
    """The same of an analysis."""
    return {table: rows(table, (row.asDict() for row in analysis[table].collect())) for table in ALL}


def check(expected, analysis):
    """Fails with the first differences."""
    found = collected(analysis)
    for table in ALL:
        missing = [row for row in expected[table] if row not in set(found[table])][:2]
        extra = [row for row in found[table] if row not in set(expected[table])][:2]
        assert (missing, extra) == ([], []), table
        assert len(found[table]) == len(expected[table]), table
    assert expected["session"]
