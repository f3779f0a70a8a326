"""`split`: splits captures into shards, which can be analysed one by one."""

import hashlib
import os

from . import cutting, program, storage

# Shards with fewer packets than this are analysed together, up to so many files and shards. A task with fewer packets would
# spend more time on starting wstap and on writing tables than on reading. The grouping depends only on the captures, so that
# results can be used again.
PACKETS_OF_TASK = 100_000
FILES_OF_TASK = 4096
SHARDS_OF_TASK = 64


class Split:
    """Captures that were split into shards.

    Only this list of folders goes to the driver and through the shuffle; packets stay on the storage.
    """

    def __init__(self, store, name, about):
        self.store, self.name, self._about = store, name, about

    @property
    def shards(self):
        """The number of shards of each capture point."""
        return self._about["shards"]

    @property
    def points(self):
        """The capture points."""
        return sorted(self._about["points"])

    @property
    def path(self):
        """The file that says where the fragments are: `load` and `analyse` take it."""
        return os.path.join(self.store, self.name)

    def problems(self):
        """What could not be read, as tuples: capture point, path, problem."""
        return [(point, path, text) for point in self.points
                for one in self._about["points"][point] for path, text in one["problems"]]

    def fragments(self, point, shards):
        """The fragments of shards, in order of time; `wstap read` takes all of them together."""
        return [cutting.fragment(one["folder"], shard, self.shards)
                for one in self._about["points"][point] if one["packets"] for shard in shards]

    def tasks(self, point):
        """The shards of a capture point, in ranges that are large enough for a task."""
        parts = [one for one in self._about["points"][point] if one["packets"]]
        packets = sum(one["packets"] for one in parts)
        size = min(-(-PACKETS_OF_TASK * self.shards // max(packets, 1)), FILES_OF_TASK // max(len(parts), 1), SHARDS_OF_TASK)
        size = max(size, 1)
        return [range(first, min(first + size, self.shards)) for first in range(0, self.shards, size)]

    @staticmethod
    def open(path):
        """Opens a file that `split` wrote (`path`)."""
        about = storage.read_json(path)
        if about.get("wstap") != "split":
            raise ValueError(f"{path}: not a split")
        return Split(os.path.dirname(path), os.path.basename(path), about)


def split(spark, paths, shards=64, store=None, udp=False, wstap=None, mode="failfast"):
    """Splits the packets of captures into shards, by connection, with a task for each file or for a few small ones.

    :param paths: Files, patterns or folders; or a dictionary of them by capture point. The files of a capture point are
        one capture, as if `wstap` were given all of them.
    :param shards: The number of shards for each capture point, at most 500.
    :param store: A folder for the fragments that the driver and all executors see. Fragments that are there already are
        used. So an interrupted split continues, and a new file at the end costs only its own time, and that of small files
        that share its task.
    :param udp: Whether to split UDP as well (for QUIC).
    :param wstap: The program's path on the executors; by default the variable WSTAP, or else `wstap`.
    :param mode: "failfast": a file that is missing, damaged or cut short is an error; "permissive": what can be read of it
        is used, and a row in `problems` says so.
    :raises CaptureProblem: On the driver, or within Spark's own exceptions from a task.
    """
    store = _store(store)
    _check(shards, mode)

    def run(groups):
        if not groups:
            return []
        context = spark.sparkContext
        wanted = program.on_executors(wstap)
        return context.parallelize(groups, len(groups)).map(
            lambda group: cutting.cut(group, shards, store, udp, wanted(), mode)).collect()

    return _split(run, paths, shards, store, udp)


def split_here(paths, shards, store, udp=False, wstap=None, mode="failfast", threads=None):
    """Does the same without Spark, with threads of this process."""
    from concurrent.futures import ThreadPoolExecutor

    store = _store(store)
    _check(shards, mode)

    def run(groups):
        with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
            return list(pool.map(lambda group: cutting.cut(group, shards, store, udp, wstap, mode), groups))

    return _split(run, paths, shards, store, udp)


def _store(store):
    if not store:
        raise ValueError("store: name a folder that the driver and all executors see")
    store = os.path.abspath(os.fspath(store))
    os.makedirs(store, exist_ok=True)
    return store


def _check(shards, mode):
    if not 1 <= shards <= cutting.LARGEST_COUNT:
        raise ValueError(f"shards must be 1 to {cutting.LARGEST_COUNT}")
    if mode not in ("failfast", "permissive"):
        raise ValueError('mode must be "failfast" or "permissive"')


def _split(run, paths, shards, store, udp):
    captures = cutting.captures(paths)
    if not any(captures.values()):
        raise ValueError("no captures")

    def cut(groups):
        done = {point: [] for point in captures}
        for (point, _), one in zip(groups, run([files for _, files in groups])):
            done[point].append(one)
        return done

    points = cut([(point, files) for point in captures for files in cutting.packed(captures[point])])
    # Files that were cut together and overlap others are cut one by one, so that only files that have to be are merged.
    for regroup in (_separated, _merged):
        again = []
        for point, parts in points.items():
            # Of packets of the same time, that of the file named first comes first.
            order = {path: place for place, path in enumerate(captures[point])}
            points[point] = [one for one in parts if not one["packets"]]
            for group in cutting.overlapping(parts):
                files = sorted((path for one in group for path in one["files"]), key=order.get)
                groups = regroup(files) if len(group) > 1 else None
                if groups and groups != [one["files"] for one in group]:
                    again += [(point, files) for files in groups]
                else:
                    points[point] += group
        for point, parts in cut(again).items():
            points[point] += parts
    for parts in points.values():
        parts.sort(key=lambda one: (one["first"] or 0, one["files"]))
    about = {"wstap": "split", "shards": shards, "udp": udp, "points": points}
    name = "split-" + hashlib.sha256(repr(about).encode()).hexdigest()[:24] + ".json"
    storage.write_json(os.path.join(store, name), about)
    return Split(store, name, about)


def _separated(files):
    return [[file] for file in files]


def _merged(files):
    return [files]
