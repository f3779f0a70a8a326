"""What the tests share: a session of Spark that survives failures of tasks, and sets of captures."""

import os
import pathlib
import struct

import pytest
from wstap_spark import cutting

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
SHARED = pathlib.Path(os.environ.get("WSTAP_CAPTURES", ROOT.parent / "shared" / "captures"))

# Fixtures with findings about all connections together, which no shard has.
ABOUT_ALL = {"rules-of-bounds", "rules-of-connections"}


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2,4]").appName("wstap-spark")
        .config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC").config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse"))).getOrCreate())
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def a_task_for_each_file(monkeypatch):
    """The captures of the tests are small: cut together, no session would span parts."""
    monkeypatch.setattr(cutting, "BYTES_OF_TASK", 0)


def rotate(capture, count, folder):
    """Writes the packets of a pcap file to several files in turn, as `tcpdump -C` does."""
    data = pathlib.Path(capture).read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\x4d\x3c\xb2\xa1": "<"}[data[:4]]
    records, at = [], 24
    while at + 16 <= len(data):
        end = at + 16 + struct.unpack_from(order + "I", data, at + 8)[0]
        records.append(data[at:end])
        at = end
    paths = []
    for number in range(count):
        part = records[len(records) * number // count:len(records) * (number + 1) // count]
        paths.append(os.path.join(folder, f"{pathlib.Path(capture).parent.name}-{number:02}.pcap"))
        pathlib.Path(paths[-1]).write_bytes(data[:24] + b"".join(part))
    return paths


@pytest.fixture(scope="session")
def rotated(tmp_path_factory):
    """Captures whose sessions span files."""
    folder = tmp_path_factory.mktemp("rotated")
    return [path for name in ("chat", "timers") for path in rotate(FIXTURES / name / "capture.pcap", 7, folder)]


@pytest.fixture(scope="session")
def fixtures():
    """All fixtures, as one set: times of many overlap."""
    return sorted(str(path) for folder in FIXTURES.iterdir() if folder.name not in ABOUT_ALL
                  for path in folder.glob("capture.pcap*"))
