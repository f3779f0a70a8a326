import PacketDecoding
import TestSupport
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("The bounds on waiting bytes")
struct BoundTests {
    @Test("in bytes, of one stream: beyond it the hole becomes a gap")
    func bytesPerStream() {
        var limits = ReassemblyLimits()
        limits.heldBytesPerStream = 2 * (HeldSegment.overhead + 3)
        var wire = Wire.open(limits: limits)
        wire.receive([.initiator(.psh, 104, ack: 301, "def"), .initiator(.psh, 107, ack: 301, "ghi")])
        #expect(wire.forth == [])
        wire.receive(.initiator(.psh, 110, ack: 301, "j"))
        #expect(wire.forth == [.gap(3), .text("defghij")])
        #expect(wire.budget == limits.heldBytes)
        wire.receive(.initiator(.psh, 113, ack: 301, "m"))
        #expect(wire.forth == [.gap(3), .text("defghij")])
    }

    @Test("in segments, of one stream")
    func segmentsPerStream() {
        var limits = ReassemblyLimits()
        limits.heldSegmentsPerStream = 3
        var wire = Wire.open(limits: limits)
        for index in 0..<3 { wire.receive(.initiator(.psh, 102 + 2 * UInt32(index), ack: 301, "x")) }
        #expect(wire.forth == [])
        wire.receive(.initiator(.psh, 110, ack: 301, "y"))
        #expect(wire.forth.count == 8)
    }

    @Test("of all streams together")
    func together() {
        var limits = ReassemblyLimits()
        limits.heldBytes = HeldSegment.overhead * 2
        var wire = Wire.open(limits: limits)
        wire.receive([.initiator(.psh, 104, ack: 301, "def")])
        #expect(wire.forth == [])
        wire.receive(.responder(.psh, 304, ack: 101, String(repeating: "x", count: 200)))
        #expect(wire.back == [.gap(3), .text(String(repeating: "x", count: 200))])
        #expect(wire.forth == [])
    }

    @Test("are released exactly, whatever happens", arguments: 0..<30)
    func givenBack(run: UInt64) {
        let seed = UInt64.random(in: .min ... .max) &+ run
        var random = SeededGenerator(seed: seed)
        var limits = ReassemblyLimits()
        limits.heldBytesPerStream = Int.random(in: 500...5000, using: &random)
        limits.heldSegmentsPerStream = Int.random(in: 2...20, using: &random)
        limits.heldBytes = Int.random(in: 500...8000, using: &random)
        var wire = Wire.open(limits: limits)
        for _ in 0..<300 {
            let isForth = Bool.random(using: &random)
            let offset = UInt32.random(in: 0..<2000, using: &random)
            let acknowledged = UInt32.random(in: 0..<1000, using: &random)
            var sent = isForth ? Sent.initiator([], 101 + offset) : Sent.responder([], 301 + offset)
            sent.acknowledgment = (isForth ? 301 : 101) + acknowledged
            sent.bytes = Array(repeating: 7, count: Int.random(in: 0...100, using: &random))
            sent.cut = Int.random(in: 0..<5, using: &random) == 0 ? 50 : 0
            wire.receive(sent)
            if let direction = Direction(rawValue: .random(in: 0...7, using: &random)) {
                let kept: [UInt8] = Array(repeating: 7, count: min(5, Int(wire.connection[direction].nextOffset)))
                if wire.connection[direction].isPaused == false {
                    wire.connection.pause(
                        direction, keeping: kept.span, origin: Origin(packet: 1), budget: &wire.budget)
                } else {
                    wire.connection.resume(direction)
                }
                wire.drain()
            }
        }
        if Bool.random(using: &random) { wire.flush() } else { wire.connection.removeHeld(budget: &wire.budget) }
        #expect(wire.budget == limits.heldBytes, "seed \(seed)")
    }

    @Test("Bytes that the receiver ignored are released at the end")
    func ignored() {
        var wire = Wire.open()
        wire.receive(.responder(.psh, 301, ack: 101, "hello"))
        wire.connection.pendingDoubt = .noAcknowledgment
        wire.receive(.initiator(.psh, 101, "decoy"))
        #expect(wire.budget < wire.limits.heldBytes)
        wire.flush()
        #expect(wire.forth == [])
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("Waiting bytes are charged for the buffer that they keep, and a small rest of one gets its own")
    func rest() {
        let bytes = ArraySlice([UInt8](repeating: 7, count: 65_536))
        var segment = HeldSegment(offset: 0, bytes: bytes, missing: 0, origin: Origin(packet: 1))
        #expect(segment.cost == 65_536 + HeldSegment.overhead)
        segment.keep(segment.bytes.suffix(40_000))
        #expect(segment.cost == 65_536 + HeldSegment.overhead)
        segment.keep(segment.bytes.suffix(30_000))
        #expect(segment.cost == 30_000 + HeldSegment.overhead)
        segment.keep(segment.bytes.suffix(1))
        #expect(segment.bytes == [7])
        #expect(segment.cost == 1 + HeldSegment.overhead)
    }
}
