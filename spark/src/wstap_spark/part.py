"""Reads the comment of a fragment's section, in which ``wstap cut --shards`` says which capture it is a part of."""

import re
import struct

COMMENT = re.compile(
    rb"wstap part: first (-?\d+), last (-?\d+), packets (\d+), numbers kept")


def part(path):
    """First and last time in nanoseconds, and the number of packets, of the capture that a fragment comes from."""
    with open(path, "rb") as file:
        head = file.read(12)
        if len(head) < 12 or head[:4] != b"\x0a\x0d\x0d\x0a":
            raise ValueError(f"{path}: not a fragment")
        order = "<" if head[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
        (length,) = struct.unpack(order + "I", head[4:8])
        found = COMMENT.search(file.read(min(length, 65_536) - 12))
    if not found:
        raise ValueError(f"{path}: not a fragment")
    first, last, packets = (int(number) for number in found.groups())
    return first, last, packets
