"""Splits the packets of capture files into fragments. This is what a task of `split` does; it does not need Spark."""

import glob
import hashlib
import os

from . import program, storage
from .errors import CaptureProblem
from .part import part

LARGEST_COUNT = 500
# Files are cut together up to so many bytes, unless one has more, and so many files: a start of wstap costs as much as 10 MB,
# and every part has a file for each shard.
BYTES_OF_TASK = 128 << 20
FILES_OF_TASK = 100
# To be increased when older fragments must not be used any more.
VERSION = 1


def captures(paths):
    """The files that paths, patterns and folders name, by capture point, in order and without repetitions.

    :param paths: A path, several, or a dictionary of them by capture point. A path with `*`, `?` or `[…]` is a pattern; a
        folder stands for the files in it whose names do not begin with a dot. A path of which there is no file is kept,
        and becomes a problem later.
    """
    if not isinstance(paths, dict):
        paths = {"": paths}
    result = {}
    for point, given in paths.items():
        given = [given] if isinstance(given, (str, os.PathLike)) else list(given)
        found = {}
        for path in map(os.fspath, given):
            if os.path.isdir(path):
                names = sorted(name for name in os.listdir(path) if not name.startswith("."))
                files = [os.path.join(path, name) for name in names]
                files = [file for file in files if os.path.isfile(file)]
            else:
                files = sorted(glob.glob(path)) if not os.path.exists(path) and glob.has_magic(path) else [path]
                files = files or [path]
            for file in files:
                found[os.path.abspath(file)] = None
        if str(point) in result:
            raise ValueError(f"there are two capture points {str(point)!r}")
        result[str(point)] = list(found)
    return result


def packed(files):
    """Files in groups to cut at a time, in order: small ones together."""
    groups, room = [], 0
    for file in files:
        known = state(file)
        size = known[1] if known else 0
        if not groups or size > room or len(groups[-1]) == FILES_OF_TASK:
            groups.append([])
            room = BYTES_OF_TASK
        groups[-1].append(file)
        room -= size
    return groups


def state(path):
    """Path, size and time of a file, which show whether it is still the same; None if it is missing."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [path, status.st_size, status.st_mtime_ns]


def cut(group, shards, store, udp=False, wstap=None, mode="failfast"):
    """Cuts files, merged by time, into a fragment for each shard, unless that has been done already.

    :param group: The files.
    :returns: What is known about them: folder, files, first and last time, number of packets, problems.
    :raises CaptureProblem: If one is missing, damaged or cut short, unless the mode is "permissive".
    """
    states = [state(path) for path in group]
    missing = [path for path, known in zip(group, states) if known is None]
    present = [path for path, known in zip(group, states) if known is not None]
    problems = [[path, "no such file, or no permission to see it"] for path in missing]
    if not present:
        return _known(None, group, problems, mode)
    key = repr((VERSION, [known for known in states if known], shards, udp))
    folder = os.path.join(store, "part-" + hashlib.sha256(key.encode()).hexdigest()[:24])
    about = os.path.join(folder, "part.json")
    if not os.path.exists(about):
        with storage.new_folder(folder) as unfinished:
            words = [program.path(wstap), "cut", *present, "--shards", str(shards), "-q", "-o",
                     os.path.join(unfinished, "shards")]
            status, said = program.run(words + (["--udp"] if udp else []), ", ".join(present))
            if status == program.NOTHING_READ and not os.path.exists(fragment(unfinished, 0, shards)):
                said = said or "nothing can be read"
                os.makedirs(os.path.join(unfinished, "shards"), exist_ok=True)
                found = [None, None, 0]
            else:
                found = part(fragment(unfinished, 0, shards))
            said = said if status != program.READ else ""
            storage.write_json(os.path.join(unfinished, "part.json"), {
                "files": present, "first": found[0], "last": found[1], "packets": found[2],
                "problems": [[_named(line, present), line] for line in said.splitlines() if line.strip()],
            })
    known = storage.read_json(about)
    return _known(folder, group, problems + known["problems"], mode, known)


def _named(line, files):
    """The file that a line of standard error is about: it begins with the name."""
    named = [file for file in files if line.startswith(file + ":")]
    return max(named, key=len) if named else ", ".join(files)


def _known(folder, group, problems, mode, known=None):
    if problems and mode != "permissive":
        raise CaptureProblem("; ".join(
            text if text.startswith(path) else f"{path}: {text}" for path, text in problems[:10]))
    known = known or {"first": None, "last": None, "packets": 0}
    return {
        "folder": folder, "files": list(group), "first": known["first"], "last": known["last"],
        "packets": known["packets"], "problems": problems,
    }


def fragment(folder, shard, shards):
    """The path of a fragment."""
    return os.path.join(folder, "shards", f"shard-{shard:0{len(str(shards - 1))}d}.pcapng")


def overlapping(parts):
    """Groups parts whose times overlap: they have to be cut again, together, for their packets to be in order.

    :returns: Lists of parts, by time. A list of one part can stay as it is.
    """
    groups = []
    latest = None
    for one in sorted((one for one in parts if one["packets"]), key=lambda one: (one["first"], one["files"])):
        # Times in a file may run backwards.
        first, last = min(one["first"], one["last"]), max(one["first"], one["last"])
        if latest is not None and first <= latest:
            groups[-1].append(one)
            latest = max(latest, last)
        else:
            groups.append([one])
            latest = last
    return groups
