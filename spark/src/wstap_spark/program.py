"""Runs the program ``wstap``."""

import os
import subprocess

from .errors import CaptureProblem

# Exit statuses: all read, partly read, nothing read.
READ, PARTLY_READ, NOTHING_READ = 0, 1, 2


def path(given=None, otherwise=None):
    """The program's path: as given, or that of the environment variable WSTAP, or another one, or the one in PATH.

    Absolute if it has folders, since the program is run in another folder.
    """
    name = given or os.environ.get("WSTAP") or otherwise or "wstap"
    return os.path.abspath(name) if os.path.dirname(name) else name


def on_executors(given=None):
    """A function that returns the program's path in a task. A relative path counts from the driver's folder; the executors'
    own WSTAP takes precedence over the driver's."""
    given, otherwise = given and path(given), path()
    return lambda: path(given, otherwise)


def run(words, what, folder=None, descriptors=()):
    """Runs the program; returns its exit status and what it wrote to standard error.

    :param what: What it reads, for error messages.
    :param folder: The folder to run it in.
    :param descriptors: Open files that it gets, with the same numbers.
    :raises CaptureProblem: If the program cannot be started, crashes or refuses its command line.
    """
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder,
            pass_fds=descriptors)
    except OSError as error:
        raise CaptureProblem(f"{words[0]} cannot be run: {error.strerror}. Set WSTAP to its path on every machine.") from None
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    said = "\n".join(line.removeprefix("wstap: ") for line in lines if line.strip())
    if done.returncode not in (READ, PARTLY_READ, NOTHING_READ):
        raise CaptureProblem(f"{what}: wstap ended with status {done.returncode}: {said[-2000:]}")
    return done.returncode, said
