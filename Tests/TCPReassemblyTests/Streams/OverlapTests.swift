import PacketDecoding
import TestSupport
import Testing
import WireFormat

@testable import TCPReassembly

/// The policy: the first copy of a byte wins; a difference that is seen is counted, with its place.
@Suite("Copies of bytes that differ")
struct OverlapTests {
    /// A segment sent again behind "0123456789" + "abcdefghij", and where it is seen to differ.
    static let delivered: [(UInt32, String, UInt64?)] = [
        (101, "0123456789", nil), (111, "abcdefghij", nil), (101, "0123456789abcdefghij", nil),
        (101, "x123456789", 0), (101, "012345678x", 0), (101, "0123x56789", 0), (111, "abcdexghij", 10),
        (101, "0123456789abcdexghij", 10), (101, "x123456789abcdexghij", 0),
        // New bytes after old ones: the old ones are compared.
        (111, "abcdefghijk", nil), (111, "abcdefghixk", 10), (101, "x123456789abcdefghijk", 0),
        // Parts of a segment are not compared: their bytes are gone, and the hash is of the whole.
        (103, "xxxxx", nil), (103, "xxxxxxxxabcdefghij", nil), (103, "23456789abcdexghij", 10),
    ]

    @Test("are told of bytes delivered, where a segment comes again whole", arguments: delivered)
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

    /// A segment sent behind "cdef", which waits for "ab", and where it differs.
    static let held: [(UInt32, String, UInt64?, String)] = [
        (103, "cdef", nil, ""), (103, "cdxf", 4, ""), (102, "bcdefg", nil, ""), (102, "bxdefg", 2, ""),
        (105, "ef", nil, ""), (105, "xx", 4, ""), (106, "fg", nil, ""), (106, "xg", 5, ""), (107, "gh", nil, ""),
        (101, "abcdef", nil, ""), (101, "abcdex", 5, ""), (101, "abxxxxgh", 2, ""),
    ]

    @Test("are told of bytes that wait, byte by byte", arguments: held)
    func waiting(sequence: UInt32, text: String, conflict: UInt64?, _: String) {
        var wire = Wire.open()
        wire.receive(.initiator(.psh, 103, ack: 301, "cdef"))
        let arrival = wire.receive(.initiator(.psh, sequence, ack: 301, text))
        #expect(arrival.isDoubtful == (conflict != nil))
        #expect(wire.connection[.fromInitiator].firstConflictOffset == conflict)
        wire.receive(.initiator(.psh, 101, ack: 301, "ab"))
        guard case .bytes(let bytes) = wire.forth.first else {
            Issue.record("no bytes")
            return
        }
        #expect(String(decoding: bytes.prefix(6), as: UTF8.self) == "abcdef")
    }

    @Test("are told of bytes that had waited and were delivered")
    func hadWaited() {
        var wire = Wire.open()
        wire.receive([.initiator(.psh, 103, ack: 301, "cd"), .initiator(.psh, 101, ack: 301, "ab")])
        wire.receive(.initiator(.psh, 103, ack: 301, "xd"))
        #expect(wire.connection[.fromInitiator].firstConflictOffset == 2)
        #expect(wire.forth == [.text("abcd")])
    }

    @Test("are told of the last eight segments delivered")
    func bounded() {
        var wire = Wire.open()
        for index in 0..<9 as Range<UInt32> { wire.receive(.initiator(.psh, 101 + index, ack: 301, "a")) }
        wire.receive([.initiator(.psh, 101, ack: 301, "xa"), .initiator(.psh, 101, ack: 301, "x")])
        #expect(wire.connection[.fromInitiator].conflictingSegments == 0)
        wire.receive(.initiator(.psh, 102, ack: 301, "x"))
        #expect(wire.connection[.fromInitiator].conflictingSegments == 1)
    }

    @Test("are told at any byte of segments up to 32 bytes", arguments: 1...32)
    func everyByte(length: Int) {
        for place in 0..<length {
            var wire = Wire.open()
            var sent = Sent.initiator(.psh, 101, ack: 301)
            sent.bytes = (0..<length).map { UInt8($0) }
            wire.receive(sent)
            wire.receive(sent)
            #expect(wire.connection[.fromInitiator].conflictingSegments == 0)
            sent.bytes[place] ^= 1
            // One byte right before the next may be a keep-alive's.
            if length > 1 { wire.receive(sent) }
            #expect(wire.connection[.fromInitiator].conflictingSegments == (length > 1 ? 1 : 0), "byte \(place)")
        }
    }

    @Test("of longer segments are told at their ends and thirds", arguments: [33, 100, 1460, 65_000])
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

    @Test("are told across the wrap of sequence numbers")
    func wrap() {
        var wire = Wire(.initiator(.syn, 0xffff_fffa))
        wire.receive([
            .initiator(.psh, 0xffff_fffb, "abc"), .initiator(.psh, 0xffff_fffe, "defg"), .initiator(.psh, 2, "hi"),
            .initiator(.psh, 0xffff_fffe, "dexg"),
        ])
        #expect(wire.connection[.fromInitiator].firstConflictOffset == 3)
        #expect(wire.forth == [.text("abcdefghi")])
    }

    @Test("are none where a snap length cut one of them")
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

    @Test("never come of honest repeats, however they are cut", arguments: 0..<20)
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
}
