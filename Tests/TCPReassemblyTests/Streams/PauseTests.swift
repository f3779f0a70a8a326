import PacketDecoding
import TestSupport
import Testing
import WireFormat

@testable import TCPReassembly

/// A reader may need the other stream first: a response whose request has not come yet.
@Suite("A paused stream")
struct PauseTests {
    /// A connection whose initiator has sent "abcdef", of which the reader took "ab".
    private static func paused() -> Wire {
        var wire = Wire.open()
        wire.receive(.initiator(.psh, 101, ack: 301, "abcdef"))
        let rest = Array("cdef".utf8)
        wire.connection.pause(.fromInitiator, keeping: rest.span, origin: Origin(packet: 4), budget: &wire.budget)
        return wire
    }

    @Test("delivers nothing until it is resumed, then all in order")
    func resume() {
        var wire = PauseTests.paused()
        wire.receive([
            .initiator(.psh, 109, ack: 301, "ij"), .initiator(.psh, 107, ack: 301, "gh"),
            .responder(.psh, 301, ack: 111, "other"),
        ])
        #expect(wire.forth == [.text("abcdef")])
        #expect(wire.back == [.text("other")])
        #expect(wire.connection[.fromInitiator].nextOffset == 2)
        wire.connection.resume(.fromInitiator)
        wire.drain()
        #expect(wire.forth == [.text("abcdefcdefghij")])
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("may be paused again in the middle of the waiting bytes")
    func again() throws {
        var wire = PauseTests.paused()
        wire.connection.resume(.fromInitiator)
        let piece = try #require(wire.connection.next(.fromInitiator, budget: &wire.budget))
        guard case .held(let segment) = piece else {
            Issue.record("no bytes")
            return
        }
        wire.connection.pause(.fromInitiator, keeping: segment, unread: 1, budget: &wire.budget)
        #expect(wire.connection.next(.fromInitiator, budget: &wire.budget) == nil)
        #expect(wire.connection[.fromInitiator].nextOffset == 5)
        wire.connection.resume(.fromInitiator)
        wire.drain()
        #expect(wire.forth == [.text("abcdeff")])
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("may be paused with nothing to keep")
    func nothing() {
        var wire = Wire.open()
        let none: [UInt8] = []
        wire.connection.pause(.fromInitiator, keeping: none.span, origin: Origin(packet: 3), budget: &wire.budget)
        wire.receive(.initiator(.psh, 101, ack: 301, "abc"))
        #expect(wire.forth == [])
        wire.connection.resume(.fromInitiator)
        wire.drain()
        #expect(wire.forth == [.text("abc")])
    }

    @Test("may be paused at a gap, which is reported again")
    func gap() throws {
        var wire = Wire.open()
        wire.receive(.initiator(.psh, 104, ack: 301, "def"))
        wire.connection.flush(budget: &wire.budget)
        guard case .gap(let length, _) = wire.connection.next(.fromInitiator, budget: &wire.budget) else {
            Issue.record("no gap")
            return
        }
        wire.connection.pause(.fromInitiator, keepingGap: length, origin: Origin(packet: 4), budget: &wire.budget)
        #expect(wire.connection.next(.fromInitiator, budget: &wire.budget) == nil)
        wire.connection.resume(.fromInitiator)
        wire.drain()
        #expect(wire.forth == [.gap(3), .text("def")])
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("passes at the end of the connection")
    func flush() {
        var wire = PauseTests.paused()
        wire.flush()
        #expect(wire.forth == [.text("abcdefcdef")])
    }
}
