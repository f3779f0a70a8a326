"""Cutting, without Spark."""

import os
import pathlib

import pyarrow.parquet
import pytest
from conftest import FIXTURES, SHARED
from runs import ALL, rows, single
from wstap_spark import CaptureProblem, cutting, program, splitting
from wstap_spark.analysis import read_shards, result_name
from wstap_spark.splitting import Split, split_here


def test_paths_are_files_patterns_and_folders_each_once(rotated, tmp_path):
    folder = pathlib.Path(rotated[0]).parent
    found = cutting.captures([rotated[3], str(folder / "chat-0*.pcap"), folder])[""]
    assert found[:3] == [rotated[3], rotated[0], rotated[1]]
    assert sorted(found) == sorted(rotated)
    assert cutting.captures({"tap": rotated[0], 2: [str(tmp_path / "no*.pcap")]}) == {
        "tap": [rotated[0]], "2": [str(tmp_path / "no*.pcap")]}
    # Their tables could not be told apart.
    with pytest.raises(ValueError, match="two capture points '1'"):
        cutting.captures({1: rotated[0], "1": rotated[1]})


def test_a_part_knows_times_and_packets_and_is_made_once(rotated, tmp_path):
    one = cutting.cut([rotated[0]], 3, str(tmp_path))
    # The fixture's first packet: 2026-11-20 17:46:11.641794 UTC.
    assert one["first"] == 1795196771641794000
    # A seventh of 68 packets.
    assert one["packets"] == 9
    names = sorted(path.name for path in pathlib.Path(one["folder"], "shards").iterdir())
    assert names == ["shard-0.pcapng", "shard-1.pcapng", "shard-2.pcapng"]
    before = pathlib.Path(cutting.fragment(one["folder"], 0, 3)).stat().st_ino
    assert cutting.cut([rotated[0]], 3, str(tmp_path)) == one
    assert pathlib.Path(cutting.fragment(one["folder"], 0, 3)).stat().st_ino == before
    assert [path.name for path in tmp_path.iterdir()] == [pathlib.Path(one["folder"]).name]


def test_files_that_overlap_are_one_group():
    def part(first, last, name, packets=1):
        return {"first": first, "last": last, "files": [name], "packets": packets}

    groups = cutting.overlapping(
        [part(5, 9, "c"), part(0, 3, "a"), part(4, 4, "b"), part(9, 12, "d"), part(11, 10, "e"), part(0, 0, "f", 0)])
    assert [[one["files"][0] for one in group] for group in groups] == [["a"], ["b"], ["c", "d", "e"]]


def test_small_files_are_cut_together(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in "abcdef"]
    for path, size in zip(paths, (5, 5, 6, 30, 1, 9)):
        path.write_bytes(b" " * size)
    monkeypatch.setattr(cutting, "BYTES_OF_TASK", 10)
    groups = cutting.packed(paths + [tmp_path / "missing"])
    assert ["".join(path.name[0] for path in group) for group in groups] == ["ab", "c", "d", "efm"]
    monkeypatch.setattr(cutting, "FILES_OF_TASK", 2)
    assert [len(group) for group in cutting.packed(paths[4:] + [tmp_path / "missing"])] == [2, 1]
    assert cutting.packed([]) == []


def test_small_files_that_overlap_others_are_cut_one_by_one(rotated, tmp_path, monkeypatch):
    monkeypatch.setattr(cutting, "BYTES_OF_TASK", 1 << 20)
    monkeypatch.setattr(cutting, "FILES_OF_TASK", 2)

    def files(paths, name):
        parts = split_here(paths, 2, tmp_path / name)._about["points"][""]
        return [[paths.index(file) for file in one["files"]] for one in parts]

    # Seven files, in order of time.
    assert files(rotated[:7], "in order") == [[0, 1], [2, 3], [4, 5], [6]]
    assert files([rotated[n] for n in (0, 3, 1, 2, 6, 5, 4)], "out of order") == [[0], [2], [3], [1], [6], [4, 5]]
    # A copy of a file overlaps it.
    copy = tmp_path / "copy.pcap"
    copy.write_bytes(pathlib.Path(rotated[1]).read_bytes())
    assert files([*rotated[:4], str(copy)], "copy") == [[0], [1, 4], [2, 3]]


def test_problems_name_the_file(rotated, tmp_path, monkeypatch):
    short = tmp_path / "short.pcap"
    short.write_bytes(pathlib.Path(rotated[0]).read_bytes()[:-3])
    noise = FIXTURES / "noise-file" / "capture.pcap"
    missing = tmp_path / "missing.pcap"
    store = tmp_path / "store"
    for path in (short, noise, missing):
        with pytest.raises(CaptureProblem, match=path.parent.name + "/" + path.name):
            split_here([str(path)], 2, store)
    for size, parts in ((0, 2), (1 << 20, 1)):
        monkeypatch.setattr(cutting, "BYTES_OF_TASK", size)
        done = split_here([rotated[1], str(short), str(noise), str(missing)], 2, store, mode="permissive")
        found = {path: text for _, path, text in done.problems()}
        assert set(found) == {str(short), str(noise), str(missing)}
        assert "cut short" in found[str(short)]
        assert len(done.fragments("", range(1, 2))) == parts
    again = Split.open(done.path)
    assert (again.shards, again.points, again.problems()) == (2, [""], done.problems())


def test_a_program_that_is_not_there_is_an_error(rotated, tmp_path):
    with pytest.raises(CaptureProblem, match="Set WSTAP"):
        split_here([rotated[0]], 2, tmp_path, wstap=str(tmp_path / "none"))


@pytest.mark.parametrize("given", [True, False])
def test_a_relative_path_of_the_program_is_that_of_the_folder_it_was_named_in(rotated, tmp_path, monkeypatch, given):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "wstap").symlink_to(os.path.abspath(program.path()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WSTAP", "no/wstap" if given else "bin/wstap")
    wstap = "bin/wstap" if given else None
    done = split_here([rotated[0]], 1, tmp_path / "store", wstap=wstap)
    read = read_shards(done, "", range(1), ("session",), None, (), wstap, "failfast")
    assert pyarrow.parquet.read_table(f"{read['folder']}/session.parquet").num_rows > 0


def expect_same(paths, shards, folder, words=(), udp=False):
    """Fails unless shards give what one run over all files gives, each alone and some together."""
    done = split_here(paths, shards, folder / "store", udp, mode="permissive")
    expected = single(paths, folder, words)
    assert expected["session"]
    for size in sorted({1, -(-shards // 2)}):
        found = {table: [] for table in ALL}
        for first in range(0, shards, size):
            task = range(first, min(first + size, shards))
            read = read_shards(done, "", task, ALL, None, words, program.path(), "permissive")
            for table in ALL:
                found[table] += pyarrow.parquet.read_table(f"{read['folder']}/{table}.parquet").to_pylist()
        for table in ALL:
            assert rows(table, found[table]) == expected[table], table


@pytest.mark.parametrize("shards, size", [(1, 0), (3, 0), (3, 100_000)])
def test_shards_of_all_fixtures_give_the_tables_of_one_run(fixtures, tmp_path, monkeypatch, shards, size):
    monkeypatch.setattr(cutting, "BYTES_OF_TASK", size)
    expect_same(fixtures, shards, tmp_path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared captures are not on this machine")
def test_shards_of_shared_captures_give_the_tables_of_one_run(tmp_path):
    captures = sorted(str(path) for path in SHARED.iterdir() if ".pcap" in path.name)
    secrets = tmp_path / "keys"
    secrets.write_bytes(b"\n".join(path.read_bytes() for path in sorted(SHARED.glob("*.keys"))))
    expect_same(captures, 16, tmp_path, ["--keylog", str(secrets)], udp=True)


def test_results_are_made_anew_when_a_key_log_has_grown(tmp_path):
    keys = tmp_path / "keys"

    def name(*options):
        return result_name("set", "", range(1), ("session",), None, options)

    keys.write_text("CLIENT_RANDOM 00 00\n")
    before = name("--keylog", str(keys)), name(f"--keylog={keys}")
    assert before == (name("--keylog", str(keys)), name(f"--keylog={keys}"))
    keys.write_text("CLIENT_RANDOM 00 00\nCLIENT_RANDOM 11 11\n")
    after = name("--keylog", str(keys)), name(f"--keylog={keys}")
    assert len({*before, *after}) == 4


@pytest.mark.parametrize("packets, files, shards, count", [
    (10, 1, 3, 1), (0, 0, 4, 1), (1_000_000, 24, 64, 10), (1_000_000, 24, 16, 8), (10**9, 24, 64, 64), (100, 1, 500, 8),
    (100_000, 30_000, 64, 64), (200_000, 1024, 64, 16)])
def test_small_shards_are_analysed_together(packets, files, shards, count):
    parts = [{"packets": packets // files, "folder": ""} for _ in range(files)]
    tasks = Split("", "", {"shards": shards, "points": {"": parts}}).tasks("")
    assert len(tasks) == count
    assert [shard for task in tasks for shard in task] == list(range(shards))
    assert all(len(task) * files <= splitting.FILES_OF_TASK or len(task) == 1 for task in tasks)
