import PacketDecoding
import TestSupport
import Testing
import WireFormat

@testable import TCPReassembly

/// The policy is that of Linux: bytes in order stay, and among waiting copies that of the segment that begins earlier;
/// a detected difference is counted, with its offset.
@Suite("Copies of bytes that differ")
struct OverlapTests {
    /// A segment retransmitted after "0123456789" + "abcdefghij", and the offset of the detected difference.
    static let delivered: [(UInt32, String, UInt64?)] = [
        (101, "0123456789", nil), (111, "abcdefghij", nil), (101, "0123456789abcdefghij", nil),
        (101, "x123456789", 0), (101, "012345678x", 0), (101, "0123x56789", 0), (111, "abcdexghij", 10),
        (101, "0123456789abcdexghij", 10), (101, "x123456789abcdexghij", 0),
        // New bytes after old ones: the old ones are compared.
        (111, "abcdefghijk", nil), (111, "abcdefghixk", 10), (101, "x123456789abcdefghijk", 0),
        // Parts of a segment are not compared: their bytes are gone, and the hash covers the whole.
        (103, "xxxxx", nil), (103, "xxxxxxxxabcdefghij", nil), (103, "23456789abcdexghij", 10),
    ]

    @Test("are reported for delivered bytes if a whole segment comes again", arguments: delivered)
    func handedOn(sequence: UInt32, text: String, conflict: UInt64?) {
        var wire = Wire.open()
        wire.receive([.initiator(.psh, 101, ack: 301, "0123456789"), .initiator(.psh, 111, ack: 301, "abcdefghij")])
        let arrival = wire.receive(.initiator(.psh, sequence, ack: 301, text))
        #expect(arrival.isDoubtful == (conflict != nil))
        #expect(wire.connection[.fromInitiator].conflictingSegments == (conflict == nil ? 0 : 1))
        #expect(wire.connection[.fromInitiator].firstConflictOffset == conflict)
        guard case .bytes(let bytes) = wire.forth.first else {
            Issue.record("no bytes")
            return
        }
        #expect(String(decoding: bytes.prefix(20), as: UTF8.self) == "0123456789abcdefghij")
    }

    /// A segment sent after "cdef", which waits for "ab", and the offset of the difference.
    static let held: [(UInt32, String, UInt64?, String)] = [
        (103, "cdef", nil, "abcdef"), (103, "cdxf", 4, "abcdef"), (103, "cdxfg", 4, "abcdxfg"),
        (102, "bcdefg", nil, "abcdefg"), (102, "bxdefg", 2, "abxdefg"), (102, "bx", 2, "abxdef"),
        (105, "ef", nil, "abcdef"), (105, "xx", 4, "abcdef"), (106, "fg", nil, "abcdefg"), (106, "xg", 5, "abcdefg"),
        (107, "gh", nil, "abcdefgh"), (101, "abcdef", nil, "abcdef"), (101, "abcdex", 5, "abcdex"),
        (101, "abxxxxgh", 2, "abxxxxgh"), (101, "abx", 2, "abxdef"),
    ]

    @Test("are reported for waiting bytes, byte by byte", arguments: held)
    func waiting(sequence: UInt32, text: String, conflict: UInt64?, expected: String) {
        var wire = Wire.open()
        wire.receive(.initiator(.psh, 103, ack: 301, "cdef"))
        let arrival = wire.receive(.initiator(.psh, sequence, ack: 301, text))
        #expect(arrival.isDoubtful == (conflict != nil))
        #expect(wire.connection[.fromInitiator].firstConflictOffset == conflict)
        wire.receive(.initiator(.psh, 101, ack: 301, "ab"))
        #expect(wire.forth == [.text(expected)])
    }

    /// What the application of a Linux receiver (6.18) read: the segments as LETTER START-END of a stream of 12 bytes,
    /// sent in this order, and then each byte by itself as "Z".
    static let linux: [(String, String)] = [
        ("a10-11 b5-6 Y0-8", "YYYYYYYYZZaZ"),
        ("a11-12 b4-6 c8-9 d7-11 Y0-1", "YZZZbbZdddda"),
        ("a5-11 b4-6 c6-7 d1-2 Y0-1", "YdZZbbaaaaaZ"),
        ("a11-12 b7-8 c9-10 d8-12 Y0-1", "YZZZZZZbdddd"),
        ("a4-8 b8-11 c1-8 Y0-1", "YcccccccbbbZ"),
        ("a11-12 b2-8 Y0-12", "YYYYYYYYYYYY"),
        ("a5-8 b10-12 Y0-9", "YYYYYYYYYZbb"),
        ("a11-12 b6-11 c11-12 d2-10 Y0-1", "YZddddddddba"),
        ("a9-11 b6-10 Y0-1", "YZZZZZbbbbaZ"),
        ("a1-6 b10-12 c11-12 d3-12 Y0-1", "Yaaaaadddddd"),
        ("a9-12 b4-11 Y0-1", "YZZZbbbbbbba"),
        ("a8-11 b11-12 c7-12 Y0-1", "YZZZZZZccccc"),
        ("a6-7 b9-12 c10-12 d8-9 Y0-1", "YZZZZZaZdbbb"),
        ("a2-11 b5-6 Y0-1", "YZaaaaaaaaaZ"),
        ("a5-6 b10-11 Y0-1", "YZZZZaZZZZbZ"),
        ("a11-12 b8-11 c8-12 Y0-1", "YZZZZZZZcccc"),
        ("a7-10 b7-9 c5-6 Y0-1", "YZZZZcZaaaZZ"),
        ("a1-5 b1-8 c3-4 d3-11 Y0-12", "YYYYYYYYYYYY"),
        ("a11-12 b4-5 Y0-1", "YZZZbZZZZZZa"),
        ("a1-6 b3-7 c1-6 d2-4 Y0-1", "YaaaaabZZZZZ"),
        ("a7-12 b5-7 Y0-1", "YZZZZbbaaaaa"),
        ("a10-12 b3-12 Y0-1", "YZZbbbbbbbbb"),
        ("a6-7 b4-11 Y0-1", "YZZZbbbbbbbZ"),
        ("a2-9 b5-10 c8-9 d6-11 Y0-1", "YZaaaaaaabdZ"),
        ("a7-9 b5-11 c2-9 Y0-1", "YZcccccccbbZ"),
        ("a9-10 b2-3 c2-5 d3-6 Y0-1", "YZcccdZZZaZZ"),
        ("a6-11 b9-11 c6-9 Y0-1", "YZZZZZaaaaaZ"),
        ("a4-12 b3-12 c2-8 Y0-1", "YZccccccbbbb"),
        ("a5-6 b1-6 c1-11 d11-12 Y0-2", "YYcccccccccd"),
        ("a2-10 b3-7 Y0-1", "YZaaaaaaaaZZ"),
        ("a7-12 b5-10 c5-11 d8-11 Y0-1", "YZZZZcccccca"),
        ("a1-2 b1-6 c10-12 Y0-8", "YYYYYYYYZZcc"),
        ("a7-8 b2-8 c10-12 Y0-1", "YZbbbbbbZZcc"),
        ("a10-12 b11-12 Y0-1", "YZZZZZZZZZaa"),
        ("a5-7 b4-10 Y0-1", "YZZZbbbbbbZZ"),
        ("a7-10 b1-7 Y0-1", "YbbbbbbaaaZZ"),
        ("a8-10 Y0-12", "YYYYYYYYYYYY"),
        ("a1-9 Y0-1", "YaaaaaaaaZZZ"),
        ("a3-6 Y0-1", "YZZaaaZZZZZZ"),
        ("a3-7 Y0-1", "YZZaaaaZZZZZ"),
    ]

    @Test("are accepted as a Linux receiver accepted them", arguments: linux)
    func likeLinux(segments: String, read: String) throws {
        var wire = Wire.open()
        for segment in segments.split(separator: " ") {
            let range = try segment.dropFirst().split(separator: "-").map { try #require(UInt32($0)) }
            let text = String(repeating: String(segment.prefix(1)), count: Int(range[1] - range[0]))
            wire.receive(.initiator(.psh, 101 + range[0], ack: 301, text))
        }
        for index in 0..<12 as Range<UInt32> { wire.receive(.initiator(.psh, 101 + index, ack: 301, "Z")) }
        #expect(wire.forth == [.text(read)])
    }

    @Test("are reported for bytes that had waited and were delivered")
    func hadWaited() {
        var wire = Wire.open()
        wire.receive([.initiator(.psh, 103, ack: 301, "cd"), .initiator(.psh, 101, ack: 301, "ab")])
        wire.receive(.initiator(.psh, 103, ack: 301, "xd"))
        #expect(wire.connection[.fromInitiator].firstConflictOffset == 2)
        #expect(wire.forth == [.text("abcd")])
    }

    @Test("are reported for the last eight segments delivered")
    func bounded() {
        var wire = Wire.open()
        for index in 0..<9 as Range<UInt32> { wire.receive(.initiator(.psh, 101 + index, ack: 301, "a")) }
        wire.receive([.initiator(.psh, 101, ack: 301, "xa"), .initiator(.psh, 101, ack: 301, "x")])
        #expect(wire.connection[.fromInitiator].conflictingSegments == 0)
        wire.receive(.initiator(.psh, 102, ack: 301, "x"))
        #expect(wire.connection[.fromInitiator].conflictingSegments == 1)
    }

    @Test("are reported at any byte of segments up to 32 bytes", arguments: 1...32)
    func everyByte(length: Int) {
        for place in 0..<length {
            var wire = Wire.open()
            var sent = Sent.initiator(.psh, 101, ack: 301)
            sent.bytes = (0..<length).map { UInt8($0) }
            wire.receive(sent)
            wire.receive(sent)
            #expect(wire.connection[.fromInitiator].conflictingSegments == 0)
            sent.bytes[place] ^= 1
            // A single byte right before the next one may be a keep-alive.
            if length > 1 { wire.receive(sent) }
            #expect(wire.connection[.fromInitiator].conflictingSegments == (length > 1 ? 1 : 0), "byte \(place)")
        }
    }

    @Test("of longer segments are reported at their ends and thirds", arguments: [33, 100, 1460, 65_000])
    func samples(length: Int) {
        for place in [0, 7, (length - 8) / 3, (length - 8) * 2 / 3, length - 8, length - 1] {
            var wire = Wire.open()
            var sent = Sent.initiator(.psh, 101, ack: 301)
            sent.bytes = Array(repeating: 9, count: length)
            wire.receive(sent)
            sent.bytes[place] ^= 0x80
            wire.receive(sent)
            #expect(wire.connection[.fromInitiator].conflictingSegments == 1, "byte \(place)")
        }
    }

    @Test("are reported when sequence numbers wrap around")
    func wrap() {
        var wire = Wire(.initiator(.syn, 0xffff_fffa))
        wire.receive([
            .initiator(.psh, 0xffff_fffb, "abc"), .initiator(.psh, 0xffff_fffe, "defg"), .initiator(.psh, 2, "hi"),
            .initiator(.psh, 0xffff_fffe, "dexg"),
        ])
        #expect(wire.connection[.fromInitiator].firstConflictOffset == 3)
        #expect(wire.forth == [.text("abcdefghi")])
    }

    @Test("are not reported if a snap length cut one of them")
    func cut() {
        var wire = Wire.open()
        wire.receive([
            Sent.initiator(.psh, 101, ack: 301, "abcdef").cut(3), .initiator(.psh, 101, ack: 301, "abcdef"),
            Sent.initiator(.psh, 101, ack: 301, "abcdef").cut(5),
        ])
        #expect(wire.connection[.fromInitiator].conflictingSegments == 0)
        wire.receive(.initiator(.psh, 101, ack: 301, "abxdef"))
        #expect(wire.connection[.fromInitiator].conflictingSegments == 1)
    }

    @Test("are never reported for genuine retransmissions, however they are cut", arguments: 0..<20)
    func honest(run: UInt64) {
        let seed = UInt64.random(in: .min ... .max) &+ run
        var random = SeededGenerator(seed: seed)
        let bytes = (0..<2000).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        var wire = Wire(.initiator(.syn, 0xffff_fc00))
        for _ in 0..<400 {
            let start = Int.random(in: 0..<1900, using: &random)
            let count = Int.random(in: 1...100, using: &random)
            var sent = Sent.initiator(.psh, 0xffff_fc01 &+ UInt32(start))
            sent.bytes = Array(bytes[start..<start + count])
            wire.receive(sent)
            #expect(wire.connection[.fromInitiator].conflictingSegments == 0, "seed \(seed)")
        }
    }

    @Test("that begin before many waiting ones replace all of them as one", arguments: [1000, 4000])
    func spanning(count: Int) {
        var held = HeldSegments()
        let context = SegmentContext(origin: Origin(packet: 1, time: Timestamp(nanoseconds: 0)))
        let piece: [UInt8] = [0x61]
        for index in 1...UInt64(count) {
            _ = held.insert(piece.span, missing: 0, at: 2 * index, context: context, yields: false)
        }
        #expect(held.count == count)
        let end = UInt64(2 * count) + 1
        for start in [1, 0] as [UInt64] {
            let bytes = [UInt8](repeating: 0x62, count: Int(end - start))
            let (conflict, isNew) = held.insert(bytes.span, missing: 0, at: start, context: context, yields: false)
            #expect(conflict == (start == 1 ? 2 : nil) && isNew)
        }
        // The second segment brings its first byte or all bytes: in either case the receiver has them in at most two
        // segments.
        #expect(held.count <= 2)
        #expect(held.firstOffset == 0 && held.end == end)
    }
}
