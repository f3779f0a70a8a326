"""Analyses on Spark give what one run over all files gives."""

import os
import pathlib
import stat

import pytest
from conftest import SHARED
from runs import ALL, check, single
from wstap_spark import Split, analyse, cutting, program, register, schema, split, splitting

WHOLE = bool(os.environ.get("WSTAP_SPARK_WHOLE"))


@pytest.mark.parametrize(
    "shards, alone, packed", [(16, True, 1), (64, True, 1), (64, False, 3)] + ([(1, True, 1)] if WHOLE else []))
def test_sessions_that_span_files(spark, rotated, tmp_path, monkeypatch, shards, alone, packed):
    if alone:
        monkeypatch.setattr(splitting, "PACKETS_OF_TASK", 0)
    if packed > 1:
        monkeypatch.setattr(cutting, "BYTES_OF_TASK", 1 << 20)
        monkeypatch.setattr(cutting, "FILES_OF_TASK", packed)
    done = split(spark, rotated, shards, tmp_path / "store")
    assert len(done.fragments("", range(1))) == -(-len(rotated) // packed)
    assert (len(done.tasks("")) == shards) == alone
    check(single(rotated, tmp_path), analyse(spark, done, ALL))


@pytest.mark.skipif(not WHOLE, reason="asked for with WSTAP_SPARK_WHOLE=1")
@pytest.mark.parametrize("shards", [1, 16])
def test_all_fixtures_as_one_set(spark, fixtures, tmp_path, shards):
    done = split(spark, fixtures, shards, tmp_path / "store", mode="permissive")
    check(single(fixtures, tmp_path), analyse(spark, done.path, ALL, mode="permissive"))


@pytest.mark.skipif(not WHOLE or not SHARED.is_dir(), reason="asked for with WSTAP_SPARK_WHOLE=1")
@pytest.mark.parametrize("shards", [1, 16])
def test_shared_captures_as_one_set(spark, tmp_path, shards):
    captures = sorted(str(path) for path in SHARED.iterdir() if ".pcap" in path.name)
    secrets = tmp_path / "keys"
    secrets.write_bytes(b"\n".join(path.read_bytes() for path in sorted(SHARED.glob("*.keys"))))
    words = ["--keylog", str(secrets)]
    done = split(spark, captures, shards, tmp_path / "store", udp=True, mode="permissive")
    check(single(captures, tmp_path, words), analyse(spark, done, ALL, options=words, mode="permissive"))


def test_workers_that_are_killed(spark, rotated, tmp_path):
    # Stands for wstap: the first time it cuts, and the first time it reads, it kills the Python worker that started it.
    killer = tmp_path / "wstap"
    killer.write_text(f"""#!/usr/bin/env bash
if mkdir "{tmp_path}/killed-$1" 2>/dev/null; then
    kill -9 $PPID
    exit 0
fi
exec "{os.path.abspath(program.path())}" "$@"
""")
    killer.chmod(killer.stat().st_mode | stat.S_IXUSR)
    done = split(spark, rotated[:7], 4, tmp_path / "store", wstap=str(killer))
    analysis = analyse(spark, done, ALL, wstap=str(killer))
    assert (tmp_path / "killed-cut").is_dir() and (tmp_path / "killed-read").is_dir()
    check(single(rotated[:7], tmp_path), analysis)


def test_problems_are_errors_or_rows(spark, rotated, tmp_path):
    short = tmp_path / "short.pcap"
    short.write_bytes(pathlib.Path(rotated[3]).read_bytes()[:-3])
    paths = rotated[:3] + [str(short), str(tmp_path / "missing.pcap")]
    with pytest.raises(Exception, match="short.pcap|missing.pcap"):
        split(spark, paths, 2, tmp_path / "store")
    done = split(spark, paths, 2, tmp_path / "store", mode="permissive")
    analysis = analyse(spark, done, ("session",), mode="permissive")
    assert {row.path for row in analysis.problems.collect()} == set(paths[3:])
    assert analysis.session.count() > 0


def test_questions_to_two_capture_points(spark, rotated, tmp_path):
    points = {"left": rotated[:7], "right": rotated[7:]}
    analysis = analyse(spark, split(spark, points, 2, tmp_path / "store"), ("session", "message"), payload_bytes=5)
    assert analysis.session.schema == schema("session")
    assert max(len(row.payload) for row in analysis.message.collect() if row.payload is not None) == 5
    analysis.create_views("w_")
    # In the fixture "timers", the server resets five sessions after two seconds of silence, and one times out.
    (found,) = spark.sql("""
        SELECT capture_point, server_ip, server_port, count(*) AS sessions,
            round(percentile(silence_ns, 0.5) / 1e9, 1) AS silence
        FROM w_session WHERE layer = 'rst' AND ended_by = 'server' GROUP BY 1, 2, 3
    """).collect()
    assert tuple(found) == ("right", "10.99.0.2", 9000, 5, 2.0)


def test_the_data_source(spark, rotated, tmp_path):
    register(spark)
    expected = single(rotated, tmp_path)
    folder = str(pathlib.Path(rotated[0]).parent)
    options = {"store": str(tmp_path / "store"), "shards": "3", "wstap": program.path()}
    messages = spark.read.format("wstap").options(table="message", **options).load(folder)
    assert messages.schema == schema("message")
    assert messages.count() == len(expected["message"])
    done = split(spark, rotated, 3, tmp_path / "store")
    assert Split.open(done.path).points == [""]
    sessions = spark.read.format("wstap").load(done.path)
    assert {row.session_id for row in sessions.collect()} == {
        row.session_id for row in analyse(spark, done, ("session",)).session.collect()}
