"""Files on storage that all executors see. They appear complete or not at all, so that tasks can be repeated."""

import contextlib
import json
import os
import shutil
import uuid


@contextlib.contextmanager
def new_folder(path):
    """Makes a folder to fill, which gets its name at the end. If there is one of that name by then, it stays, and the new one
    is removed."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    unfinished = f"{path}.{uuid.uuid4().hex}.unfinished"
    os.mkdir(unfinished)
    try:
        yield unfinished
        try:
            os.rename(unfinished, path)
        except OSError:
            # The task was started twice, and the other one was faster. Its result is the same.
            if not os.path.isdir(path):
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write_json(path, value):
    """Writes a file that appears complete."""
    unfinished = f"{path}.{uuid.uuid4().hex}.unfinished"
    with open(unfinished, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, sort_keys=True)
        file.write("\n")
    os.replace(unfinished, path)


def read_json(path):
    """Reads a JSON file."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def size(folder, names):
    """The size of files together; missing ones have none."""
    found = 0
    for name in names:
        with contextlib.suppress(OSError):
            found += os.path.getsize(os.path.join(folder, name))
    return found
