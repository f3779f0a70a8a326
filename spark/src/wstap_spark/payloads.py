"""Where the program writes payloads for Parquet: into memory that is used again, or into a file if they are larger."""

import fcntl
import mmap
import os

import pyarrow as pa

# As much as a worker keeps between tasks. New memory for each would take longer than to copy payloads into it.
SIZE = 256 << 20


class File:
    """A file in a folder."""

    descriptors = ()

    def __init__(self, path):
        self.name = path

    def is_full(self):
        return False

    def buffer(self):
        """The payloads, as they were written."""
        # An empty file cannot be mapped.
        return pa.memory_map(self.name).read_buffer() if os.path.getsize(self.name) else pa.py_buffer(b"")

    def remove(self):
        if os.path.exists(self.name):
            os.remove(self.name)


class Memory:
    """A file in memory that does not grow."""

    def __init__(self):
        self._descriptor = os.memfd_create("wstap-payloads", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self._descriptor, SIZE)
        fcntl.fcntl(self._descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
        self._bytes = mmap.mmap(self._descriptor, SIZE, prot=mmap.PROT_READ)
        self.name = f"/dev/fd/{self._descriptor}"
        self.descriptors = (self._descriptor,)

    def begin(self):
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return self

    def _written(self):
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def is_full(self):
        """Whether there may have been more to write."""
        return self._written() == SIZE

    def buffer(self):
        """The payloads, as they were written; valid until the next ones are."""
        return pa.py_buffer(self._bytes).slice(0, self._written())

    def remove(self):
        pass


_memory = None


def memory(size):
    """The memory of this process, from its beginning; None if the system has no such files, or if it is too small.

    :param size: The size of the captures. Payloads are seldom larger than the packets that they come in.
    """
    global _memory
    if size > SIZE:
        return None
    if _memory is None and hasattr(os, "memfd_create"):
        _memory = Memory()
    return _memory and _memory.begin()
