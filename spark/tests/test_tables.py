"""Schemas are those of the database that wstap writes."""

import mmap
import os
import sqlite3
import subprocess

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from conftest import FIXTURES
from wstap_spark import analysis, payloads, program, storage, tables


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("database") / "chat.db")
    subprocess.run([program.path(), "read", str(FIXTURES / "chat/capture.pcap"), "--format", "sqlite", "-o", path, "-q"],
                   check=True, stdin=subprocess.DEVNULL)
    return path


def test_the_database_has_these_tables(database):
    found = sqlite3.connect(database).execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert {name for (name,) in found} - {"capture"} == set(tables.TABLES)


@pytest.mark.parametrize("table", tables.TABLES)
def test_columns_are_those_of_the_database(database, table):
    # table_info leaves computed columns out.
    found = sqlite3.connect(database).execute(f"PRAGMA table_info({table})").fetchall()
    assert [row[1] for row in found] == tables.database_columns(table)
    schema = tables.arrow_schema(table)
    for _, name, kind, *_ in found:
        wanted = schema.field(name).type
        assert kind == ("TEXT" if wanted == pa.string() else "" if wanted == pa.binary() else "INTEGER"), name


def test_rows_have_their_values(database):
    (batch,) = tables.batches(database, "message", 3, "tap")
    first = batch.to_pylist()[0]
    assert first["payload"].decode() == "Good morning! Is anybody here? ☕"
    assert (first["sender"], first["opcode"], first["packet"], first["complete"]) == ("client", "text", 15, True)
    assert (first["shard"], first["capture_point"], len(first["session_id"])) == (3, "tap", 32)


def test_payloads_in_a_file_are_those_in_the_database(database, tmp_path):
    paths = str(tmp_path / "trace.db"), str(tmp_path / "payloads")
    # Payloads that are withheld, cut, empty and whole.
    captures = [str(FIXTURES / name / "capture.pcap") for name in ("chat", "timers", "segments-missing", "violations")]
    for limit in ("all", "3", "none"):
        words = [program.path(), "read", *captures, "--format", "sqlite", "--payload", limit, "-q", "-o"]
        subprocess.run([*words, str(tmp_path / "whole.db")], check=False, stdin=subprocess.DEVNULL)
        subprocess.run([*words, paths[0], "--payload-file", paths[1]], check=False, stdin=subprocess.DEVNULL)
        expected = [row for batch in tables.batches(str(tmp_path / "whole.db"), "message", 0, "", 7)
                    for row in batch.to_pylist()]
        found = [row for batch in tables.batches(paths[0], "message", 0, "", 5, payloads.File(paths[1]).buffer())
                 for row in batch.to_pylist()]
        assert found == expected and len(found) > 20
        assert limit != "all" or any(row["payload"] for row in found)


def test_payloads_pass_through_memory_again_and_again_or_through_a_file_if_they_are_larger(tmp_path, monkeypatch):
    def rows(name, capture):
        folder = tmp_path / name
        folder.mkdir()
        problems = analysis._fill(
            str(folder), str(FIXTURES), [str(FIXTURES / capture / "capture.pcap")], "", range(1), ("message",), None, (), None)
        assert problems == [] and sorted(os.listdir(folder)) == ["message.parquet"]
        return parquet.read_table(folder / "message.parquet").to_pylist()

    # The second has more payload than a page.
    captures = ("chat", "permessage-deflate-context-takeover", "timers", "chat")
    with monkeypatch.context() as patch:
        patch.setattr(payloads, "memory", lambda size: None)
        expected = [rows(f"file-{index}", name) for index, name in enumerate(captures)]
    assert all(expected) and sum(len(row["payload"] or b"") for row in expected[1]) > mmap.PAGESIZE
    # Memory that is large enough; too small for the captures; too small for the payloads only.
    for size, of_captures in ((payloads.SIZE, storage.size), (mmap.PAGESIZE, storage.size), (mmap.PAGESIZE, lambda *_: 0)):
        with monkeypatch.context() as patch:
            patch.setattr(payloads, "SIZE", size)
            patch.setattr(payloads, "_memory", None)
            patch.setattr(storage, "size", of_captures)
            used = of_captures("", [FIXTURES / captures[0] / "capture.pcap"]) <= size
            assert [rows(f"{size}-{used}-{index}", name) for index, name in enumerate(captures)] == expected
            assert (hasattr(os, "memfd_create") and used) == (payloads._memory is not None)


def test_columns_have_offsets_of_32_bits():
    assert list(tables._parts([5, 6, None, 7, 30, 1], 6, largest=12)) == [
        slice(0, 3), slice(3, 4), slice(4, 5), slice(5, 6)]
    assert list(tables._parts((), 4)) == [slice(0, 4)]
