import PacketCapture
import TestSupport

extension BrokenFile {
    private static func packed(
        _ name: String, _ bytes: [UInt8], packets: Int, kind: CaptureError.Kind = .cutShort, _ message: String
    ) -> BrokenFile {
        BrokenFile(testDescription: name, bytes: bytes, packetCount: packets, kind: kind, message: message)
    }

    /// Two packets stored in gzip without compression: cutting the file cuts the packets.
    private static let stored: [UInt8] = Compression.gzip.pack(pcap.bytes)

    static let packed: [BrokenFile] = [
        packed(
            "gzip header cut", [0x1F, 0x8B, 8, 0, 0], packets: 0,
            "cut short inside the file header, at byte 0 of the unpacked data (byte 5 of the file)"),
        packed(
            "gzip's trailer cut", [UInt8](stored.dropLast(3)), packets: 2,
            "cut short after packet 2, at byte 216 of the unpacked data (byte \(stored.count - 3) of the file)"),
        packed(
            "gzip method", [0x1F, 0x8B, 9, 0, 0, 0, 0, 0, 0, 0, 0], packets: 0, kind: .damaged,
            """
            damaged inside the file header, at byte 0 of the unpacked data \
            (byte 4 of the file): gzip: unknown compression \
            method
            """),
        packed(
            "gzip checksum", damaged(stored, at: stored.count - 8), packets: 2, kind: .damaged,
            """
            damaged after packet 2, at byte 216 of the unpacked data \
            (byte \(stored.count - 4) of the file): gzip: incorrect \
            data check
            """),
        packed(
            "after gzip", stored + [1, 2, 3], packets: 2, kind: .damaged,
            """
            damaged after packet 2, at byte 216 of the unpacked data \
            (byte \(stored.count + 2) of the file): gzip: incorrect \
            header check
            """),
        packed(
            "after zstd", Compression.zstd.pack(pcap.bytes) + [1, 2, 3, 4, 5], packets: 2, kind: .damaged,
            """
            damaged after packet 2, at byte 216 of the unpacked data \
            (byte \(Compression.zstd.pack(pcap.bytes).count) of the file): zstd: Unknown frame descriptor
            """),
        packed(
            "lz4 checksum", damaged(Compression.lz4.pack(pcap.bytes), at: Compression.lz4.pack(pcap.bytes).count - 1),
            packets: 2, kind: .damaged,
            """
            damaged after packet 2, at byte 216 of the unpacked data \
            (byte \(Compression.lz4.pack(pcap.bytes).count - 4) of the file): lz4: ERROR_contentChecksum_invalid
            """),
        packed(
            "zstd window of 2 GiB", [0x28, 0xB5, 0x2F, 0xFD, 0, 0xA8, 1, 0, 0], packets: 0, kind: .needsMemory,
            """
            cannot be unpacked inside the file header, at byte 0 of the unpacked data \
            (byte 5 of the file): zstd: needs 2049 MiB for its window; the largest that is read has 128 MiB
            """),
        packed(
            "packed twice", Compression.zstd.pack(stored), packets: 0, kind: .compressed,
            "is compressed with gzip inside zstd: unpack it first"),
        packed(
            "packed noise", Compression.lz4.pack([1, 2, 3, 4, 5]), packets: 0, kind: .notCapture,
            "is not a capture file"),
        packed("packed nothing", Compression.gzip.pack([]), packets: 0, kind: .empty, "is empty"),
        packed(
            "cut before it was packed", Compression.gzip.pack(pcap.bytes.dropLast(1)), packets: 1,
            "cut short inside packet 2, at byte 215 of the unpacked data"),
    ]

    private static func damaged(_ bytes: [UInt8], at place: Int) -> [UInt8] {
        var bytes = bytes
        bytes[place] ^= 0xFF
        return bytes
    }
}
