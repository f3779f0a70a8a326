"""Reads pcap files and the TCP segments in them, as far as make-seeds and scripts/mutate need them."""

import gzip
import struct
from dataclasses import dataclass

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


@dataclass
class Packet:
    """A record of a pcap file; `time` is in ticks of its file."""

    time: int
    length: int
    data: bytearray

    def copy(self):
        return Packet(self.time, self.length, bytearray(self.data))


class Capture:
    """A whole pcap file, in either byte order and resolution."""

    MAGICS = {b"\xd4\xc3\xb2\xa1": ("<", 10**6), b"\xa1\xb2\xc3\xd4": (">", 10**6),
              b"\x4d\x3c\xb2\xa1": ("<", 10**9), b"\xa1\xb2\x3c\x4d": (">", 10**9)}

    def __init__(self, path):
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        if data[:4] not in self.MAGICS:
            raise ValueError("not a pcap file")
        order, self.ticks = self.MAGICS[data[:4]]
        self.link_type = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
        self.packets = []
        place = 24
        while place < len(data):
            if place + 16 > len(data):
                raise ValueError("cut short")
            seconds, fraction, captured, length = struct.unpack_from(order + "4I", data, place)
            place += 16
            if place + captured > len(data):
                raise ValueError("cut short")
            self.packets.append(
                Packet(seconds * self.ticks + fraction, length, bytearray(data[place:place + captured])))
            place += captured

    def write(self, path, packets):
        magic = b"\xd4\xc3\xb2\xa1" if self.ticks == 10**6 else b"\x4d\x3c\xb2\xa1"
        parts = [magic, struct.pack("<HHiIII", 2, 4, 0, 0, 262144, self.link_type)]
        for packet in packets:
            parts.append(struct.pack("<4I", packet.time // self.ticks, packet.time % self.ticks, len(packet.data),
                                     packet.length))
            parts.append(bytes(packet.data))
        path.write_bytes(b"".join(parts))


@dataclass
class Segment:
    """A TCP segment in a packet; offsets are from the packet's first byte."""

    source: tuple
    destination: tuple
    sequence: int
    flags: int
    tcp: int
    payload: int
    end: int
    pseudo_header: bytes

    def checksum_is_right(self, data):
        return fold(self.pseudo_header + data[self.tcp:self.end]) == 0xFFFF

    def set_checksum(self, data):
        data[self.tcp + 16:self.tcp + 18] = b"\0\0"
        total = fold(self.pseudo_header + data[self.tcp:self.end])
        data[self.tcp + 16:self.tcp + 18] = struct.pack(">H", ~total & 0xFFFF)


def fold(data):
    data = bytes(data) + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def segment_of(packet, link_type):
    """The whole TCP segment in a packet, without tunnels and fragments; None if there is none."""
    data = packet.data
    if link_type == 1:
        place, kind = 14, 12
        while data[kind:kind + 2] in (b"\x81\x00", b"\x88\xa8"):
            place, kind = place + 4, kind + 4
    elif link_type == 113:
        place = 16
    elif link_type == 276:
        place = 20
    elif link_type in (0, 108):
        place = 4
    elif link_type in (12, 14, 101, 228, 229):
        place = 0
    else:
        return None
    if len(data) < place + 40:
        return None
    if data[place] >> 4 == 4:
        header = (data[place] & 15) * 4
        length = struct.unpack_from(">H", data, place + 2)[0]
        fragment = struct.unpack_from(">H", data, place + 6)[0] & 0x3FFF
        if data[place + 9] != 6 or fragment or header < 20:
            return None
        tcp, end = place + header, place + length
        addresses = bytes(data[place + 12:place + 16]), bytes(data[place + 16:place + 20])
        pseudo = b"".join(addresses) + struct.pack(">BBH", 0, 6, end - tcp) if end > tcp else b""
    elif data[place] >> 4 == 6:
        length = struct.unpack_from(">H", data, place + 4)[0]
        if data[place + 6] != 6 or not length:
            return None
        tcp, end = place + 40, place + 40 + length
        addresses = bytes(data[place + 8:place + 24]), bytes(data[place + 24:place + 40])
        pseudo = b"".join(addresses) + struct.pack(">II", length, 6)
    else:
        return None
    if end > len(data) or tcp + 20 > end:
        return None
    ports = struct.unpack_from(">HH", data, tcp)
    payload = tcp + (data[tcp + 12] >> 4) * 4
    if payload > end:
        return None
    return Segment((addresses[0], ports[0]), (addresses[1], ports[1]),
                   struct.unpack_from(">I", data, tcp + 4)[0], data[tcp + 13], tcp, payload, end, pseudo)
