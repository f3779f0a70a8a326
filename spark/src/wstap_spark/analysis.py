"""`analyse`: turns shards into tables."""

import hashlib
import os

import pyarrow as pa
import pyarrow.parquet as parquet

from . import cutting, payloads, program, storage, tables as schemas
from .errors import CaptureProblem
from .splitting import Split

# The version of the tables' contents: results of another version are not used.
VERSION = 3
DEFAULT_TABLES = ("session", "message", "finding", "gap")
PROBLEMS = pa.schema([
    ("capture_point", pa.string()), ("shard", pa.int32()), ("path", pa.string()), ("problem", pa.string()),
])


class Analysis:
    """The tables, as data frames: `analysis.session`, `analysis["message"]`, `analysis.problems`."""

    def __init__(self, frames):
        self._frames = frames

    def __getitem__(self, table):
        return self._frames[table]

    def __getattr__(self, table):
        try:
            return self.__dict__["_frames"][table]
        except KeyError:
            raise AttributeError(table) from None

    def create_views(self, prefix=""):
        """Makes the tables known to Spark's SQL, with these names."""
        for table, frame in self._frames.items():
            frame.createOrReplaceTempView(prefix + table)


def analyse(spark, split, tables=DEFAULT_TABLES, payload_bytes=None, options=(), wstap=None, mode="failfast"):
    """Analyses shards, with a task for each or for a few small ones, and returns the tables as data frames.

    Each task runs `wstap` once over the fragments of its shards, and writes the rows to the store as Parquet. Results of the
    same split and options that are there already are used.

    :param split: What `split` returned, or its path.
    :param tables: Some of session, message, frame, finding, gap and delivery. There are very many frames.
    :param payload_bytes: How many bytes of each payload to keep; None for all.
    :param wstap: The program's path, as for `split`.
    :param options: Further arguments of `wstap read`, such as `--keylog FILE`, with an absolute path that all executors see.
    :param mode: As for `split`.
    """
    split = split if isinstance(split, Split) else Split.open(os.path.abspath(os.fspath(split)))
    tables = tuple(dict.fromkeys(tables))
    for table in tables:
        if table not in schemas.TABLES:
            raise ValueError(f"there is no table {table}; there are {', '.join(schemas.TABLES)}")
    work = [(split.path, point, shards.start, shards.stop) for point in split.points for shards in split.tasks(point)]
    wanted = program.on_executors(wstap)

    def run(batches):
        for batch in batches:
            for row in batch.to_pylist():
                done = read_shards(Split.open(row["split"]), row["point"], range(row["first"], row["end"]), tables,
                                   payload_bytes, options, wanted(), mode)
                yield pa.RecordBatch.from_pylist(
                    [{"folder": done["folder"], "point": row["point"], "shard": row["first"], "problem": text}
                     for text in done["problems"] or [None]],
                    schema=_DONE)

    from pyspark.sql.pandas.types import from_arrow_schema

    places = spark.createDataFrame(
        spark.sparkContext.parallelize(work, max(len(work), 1)), "split string, point string, first int, end int")
    done = places.mapInArrow(run, from_arrow_schema(_DONE)).collect()
    folders = sorted({row["folder"] for row in done})
    frames = {}
    for table in tables:
        # The schema is given, so that Spark need not open files to find it.
        frames[table] = spark.read.schema(schemas.schema(table)).parquet(
            *[os.path.join(folder, table + ".parquet") for folder in folders])
    problems = [(point, None, path, text) for point, path, text in split.problems()]
    problems += [(row["point"], row["shard"], None, row["problem"]) for row in done if row["problem"]]
    frames["problems"] = spark.createDataFrame(problems, from_arrow_schema(PROBLEMS))
    return Analysis(frames)


_DONE = pa.schema([("folder", pa.string()), ("point", pa.string()), ("shard", pa.int32()), ("problem", pa.string())])


def read_shards(split, point, shards, tables, payload_bytes, options, wstap, mode):
    """Analyses a range of shards together, unless that has been done already.

    :returns: The folder, which has a Parquet file for each table, and the problems.
    :raises CaptureProblem: If there are problems, unless the mode is "permissive".
    """
    fragments = split.fragments(point, shards)
    folder = os.path.join(split.store, result_name(split.name, point, shards, tables, payload_bytes, options))
    about = os.path.join(folder, "tables.json")
    if not os.path.exists(about):
        with storage.new_folder(folder) as unfinished:
            problems = _fill(unfinished, split.store, fragments, point, shards, tables, payload_bytes, options, wstap)
            storage.write_json(os.path.join(unfinished, "tables.json"), {"problems": problems})
    problems = storage.read_json(about)["problems"]
    if problems and mode != "permissive":
        raise CaptureProblem(f"{_named(shards)} of capture point {point!r}: " + "; ".join(problems[:10]))
    return {"folder": folder, "problems": problems}


def _named(shards):
    """How messages name shards."""
    return f"shard {shards[0]}" if len(shards) == 1 else f"shards {shards[0]} to {shards[-1]}"


def result_name(split, point, shards, tables, payload_bytes, options):
    """The name of the folder with the tables of shards. It depends on the arguments, and on the state of any file that an
    option names, such as a key log."""
    words = list(options)
    files = [cutting.state(part) for word in words for part in (word, word.partition("=")[2])]
    key = repr((VERSION, split, point, shards, sorted(tables), payload_bytes, words, [file for file in files if file]))
    return "tables-" + hashlib.sha256(key.encode()).hexdigest()[:24]


def _fill(folder, store, fragments, point, shards, tables, payload_bytes, options, wstap):
    problems = []
    database = os.path.join(folder, "trace.db")
    file = payloads.memory(storage.size(store, fragments)) or payloads.File(os.path.join(folder, "payloads"))
    if fragments:
        events = sorted({event for table in tables for event in schemas.EVENTS[table]} | {"end"})
        payload = "all" if payload_bytes is None else "none" if payload_bytes == 0 else str(payload_bytes)

        def read():
            # Short names: thousands of them have to fit on a command line.
            names = [os.path.relpath(fragment, store) for fragment in fragments]
            words = [program.path(wstap), "read", *names, "--format", "sqlite", "-o", database, "--events",
                     ",".join(events), "--payload", payload, "--payload-file", file.name, "--jobs", "1", "--no-progress",
                     "-q", *options]
            return program.run(words, f"{_named(shards)} of capture point {point!r}", store, file.descriptors)

        status, said = read()
        if status == program.NOTHING_READ and file.is_full():
            file = payloads.File(os.path.join(folder, "payloads"))
            status, said = read()
        if status != program.READ:
            problems = said.splitlines() or ["nothing can be read"]
    for table in tables:
        schema = schemas.arrow_schema(table)
        name = os.path.join(folder, table + ".parquet")
        with parquet.ParquetWriter(name, schema, **schemas.parquet_options(table)) as writer:
            if os.path.exists(database):
                written = file.buffer() if table == "message" else None
                for batch in schemas.batches(database, table, shards[0], point, payloads=written):
                    writer.write_batch(batch)
    if os.path.exists(database):
        os.remove(database)
    file.remove()
    return problems
