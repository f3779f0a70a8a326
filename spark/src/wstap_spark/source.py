"""`spark.read.format("wstap")`: captures, or the result of `split`, as a data source."""

import os

import pyarrow.parquet as parquet
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from . import program, tables
from .analysis import read_shards
from .splitting import Split, split_here


def register(spark):
    """Adds the format to a session of Spark."""
    spark.dataSource.register(WstapDataSource)


class WstapDataSource(DataSource):
    """A table of captures.

    Options: `table` (session), `store` (a folder that all executors see; needed unless the path is a split's), `shards` (the
    number of cores), `payload_bytes`, `wstap`, `mode`, `udp`.

    The path is a file, a pattern, a folder, or several with colons between them; or the file that `split` wrote
    (`Split.path`). Captures are split on the driver's machine alone, while Spark plans the query. If that is too slow, call
    `split` first.
    """

    @classmethod
    def name(cls):
        return "wstap"

    def schema(self):
        return tables.schema(self._table())

    def reader(self, schema):
        return _Reader(self._table(), dict(self.options))

    def _table(self):
        table = self.options.get("table", "session")
        if table not in tables.TABLES:
            raise ValueError(f"there is no table {table}; there are {', '.join(tables.TABLES)}")
        return table


class _Shards(InputPartition):
    def __init__(self, split, point, shards):
        self.split, self.point, self.shards = split, point, shards


class _Reader(DataSourceReader):
    def __init__(self, table, options):
        self.table, self.options = table, options

    @property
    def _wstap(self):
        return program.path(self.options.get("wstap"))

    @property
    def _mode(self):
        return self.options.get("mode", "failfast")

    def partitions(self):
        path = self.options.get("path")
        if not path:
            raise ValueError("load: name captures, or the file that split wrote")
        if os.path.basename(path).startswith("split-") and path.endswith(".json"):
            split = Split.open(os.path.abspath(path))
        else:
            paths = [path] if os.path.exists(path) else path.split(":")
            split = split_here(paths, int(self.options.get("shards", os.cpu_count() or 1)), self.options.get("store"),
                               self.options.get("udp", "false").lower() == "true", self._wstap, self._mode)
        return [_Shards(split.path, point, shards) for point in split.points for shards in split.tasks(point)]

    def read(self, partition):
        payload = self.options.get("payload_bytes")
        done = read_shards(Split.open(partition.split), partition.point, partition.shards, (self.table,),
                           None if payload is None else int(payload), (), self._wstap, self._mode)
        with parquet.ParquetFile(os.path.join(done["folder"], self.table + ".parquet")) as file:
            yield from file.iter_batches()
