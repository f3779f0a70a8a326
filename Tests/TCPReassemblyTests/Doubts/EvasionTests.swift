import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

/// Segments that only the observer sees, or that only the observer would accept, from published work on evading
/// intrusion detection (Ptacek and Newsham 1998; Handley, Paxson and Kreibich 2001; SymTCP 2020).
@Suite("Segments meant to mislead an observer")
struct EvasionTests {
    /// A connection on which the initiator has sent "GET " and received its acknowledgment; windows of 1,000 bytes.
    private static func talk() -> Wire {
        var wire = Wire(.initiator(.syn, 100), .responder(.syn, 300, ack: 101))
        wire.receive([
            Sent.initiator([], 101, ack: 301).window(1000), Sent.initiator(.psh, 101, ack: 301, "GET ").window(1000),
            Sent.responder([], 301, ack: 105).window(1000),
        ])
        return wire
    }

    /// Segments that the other end ignores, or that never reach it.
    static let strays: [(String, [Sent])] = [
        ("RST far ahead", [.initiator(.rst, 105 + 500_000, ack: 301)]),
        ("RST long gone", [.initiator(.rst, 101, ack: 301), .initiator(.rst, 3_000_000_000)]),
        ("RST of the other end far ahead", [.responder(.rst, 301 + 500_000)]),
        ("FIN far ahead", [.initiator(.fin, 105 + 500_000, ack: 301)]),
        ("FIN long gone", [.initiator(.fin, 103, ack: 301)]),
        ("SYN with another number", [.initiator(.syn, 4_000_000)]),
        ("SYN of the other end with another number", [.responder(.syn, 4_000_000)]),
        ("SYN ACK with another number", [.responder(.syn, 4_000_000, ack: 105)]),
        ("SYN with data", [.initiator(.syn, 104, "evil")]),
        ("data far ahead", [.initiator(.psh, 105 + 500_000, ack: 301, "evil")]),
        ("data long gone", [.initiator(.psh, 105 &- 500_000, ack: 301, "evil")]),
        ("data of the SYN's number", [.initiator(.psh, 100, ack: 301, "e")]),
        ("acknowledgment of bytes never sent", [.responder([], 301, ack: 105 + 1_000_000)]),
        (
            "acknowledgment of bytes never sent, and of fewer",
            [
                .responder([], 301, ack: 105 + 1_000_000), .responder([], 301, ack: 105 + 500_000),
            ]
        ),
        (
            "acknowledgments of bytes never sent, within the window, for seconds",
            [.responder([], 301, ack: 105 + 500), Sent.responder([], 301, ack: 105 + 500).after(2_000_000_000)]
        ),
        ("bytes that repeat others", [.initiator(.psh, 101, ack: 301, "evil")]),
    ]

    @Test("leave the streams unchanged", arguments: strays)
    func ignored(name: String, segments: [Sent]) {
        var wire = EvasionTests.talk()
        wire.receive(segments)
        wire.receive([
            Sent.initiator(.psh, 105, ack: 301, "/good ").after(2_000_000_000), .responder([], 301, ack: 111),
            .initiator(.psh, 111, ack: 301, "HTTP"), .responder(.psh, 301, ack: 115, "200"),
            .responder([], 304, ack: 115).after(2_000_000_000), .initiator(.fin, 115, ack: 304),
            .responder(.fin, 304, ack: 116), .initiator([], 116, ack: 305),
        ])
        #expect(wire.forth == [.text("GET /good HTTP")])
        #expect(wire.back == [.text("200")])
        #expect(wire.connection.isClosed == true)
        #expect(wire.connection.reset?.packet == nil)
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("with data that never arrives win over the real data that follows, which is reported")
    func insertedData() {
        var wire = EvasionTests.talk()
        wire.receive(.initiator(.psh, 105, ack: 301, "/evil "))
        let real = wire.receive(.initiator(.psh, 105, ack: 301, "/good "))
        #expect(real.isDoubtful)
        #expect(wire.forth == [.text("GET /evil ")])
        #expect(wire.connection[.fromInitiator].firstConflictOffset == 4)
    }

    @Test("with a FIN that never arrives end nothing, once bytes after it are acknowledged")
    func insertedFin() {
        var wire = EvasionTests.talk()
        wire.receive(.initiator(.fin, 105, ack: 301))
        #expect(wire.connection.finPackets[0] == 6)
        let real = wire.receive(.initiator(.psh, 105, ack: 301, "/good "))
        #expect(real.isDoubtful)
        #expect(wire.forth == [.text("GET ")])
        wire.receive(.responder([], 301, ack: 111))
        #expect(wire.forth == [.text("GET /good ")])
        #expect(wire.connection.finPackets[0] == nil && wire.connection.firstEndTime == nil)
        #expect(wire.states == [.established, .established])
        wire.receive([.initiator(.fin, 111, ack: 301), .responder(.fin, 301, ack: 112), .initiator([], 112, ack: 302)])
        #expect(wire.connection.isClosed == true && wire.connection.finPackets[0] == 9)
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("with a FIN end nothing if a lone byte in its place may be what is acknowledged, and others follow")
    func byteInPlaceOfFin() {
        var wire = EvasionTests.talk()
        wire.receive([
            .initiator(.fin, 105, ack: 301), .initiator(.psh, 105, ack: 301, "/"), .responder([], 301, ack: 106),
            .initiator(.psh, 106, ack: 301, "good"), .responder([], 301, ack: 110),
        ])
        #expect(wire.forth == [.text("GET /good")])
        #expect(wire.connection.finPackets[0] == nil && wire.states == [.established, .established])
    }

    @Test("with a FIN ahead end nothing if bytes that go beyond it are acknowledged")
    func finAhead() {
        var wire = EvasionTests.talk()
        wire.receive([
            .initiator(.fin, 108, ack: 301), .initiator(.psh, 105, ack: 301, "/good "), .responder([], 301, ack: 111),
        ])
        #expect(wire.forth == [.text("GET /good ")])
        #expect(wire.connection.finPackets[0] == nil)
    }

    @Test("and an out-of-band byte end, whatever waits after it")
    func urgentInDoubt() {
        var wire = Wire(
            .initiator(.syn, 100).hops(64), .responder(.syn, 300, ack: 101).hops(50),
            .initiator([], 101, ack: 301).hops(64), .initiator(.psh, 101, ack: 301, "GET ").hops(64),
            .responder([], 301, ack: 105))
        for pointer in [1, 4, 9] as [UInt16] {
            wire.connection.pendingUrgentPointer = pointer
            wire.receive(.initiator([.psh, .urg], 105, ack: 301, "/").hops(64))
            wire.receive(.initiator(.psh, 110, ack: 301, "and more").hops(5))
            wire.flush()
        }
        #expect(wire.connection[.fromInitiator].nextOffset == 17)
    }

    @Test("with data after a FIN are dropped when the FIN is acknowledged")
    func dataBehindFin() {
        var wire = EvasionTests.talk()
        wire.receive([
            .initiator(.fin, 105, ack: 301), .initiator(.psh, 105, ack: 301, "evil"), .responder(.fin, 301, ack: 106),
            .initiator([], 106, ack: 302),
        ])
        #expect(wire.connection.isClosed == true)
        #expect(wire.forth == [.text("GET ")])
        wire.connection.removeHeld(budget: &wire.budget)
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("with data after a FIN do not wait beyond the bounds")
    func manyBehindFin() {
        var limits = ReassemblyLimits()
        limits.heldBytesPerStream = 1000
        var wire = Wire.open(limits: limits)
        wire.receive(.initiator(.fin, 101, ack: 301))
        for index in 0..<1000 as Range<UInt32> { wire.receive(.initiator(.psh, 101 + 4 * index, ack: 301, "evil")) }
        #expect(wire.budget >= limits.heldBytes - 1000 - 4 - HeldSegment.overhead)
    }

    /// Whether such a RST arrives is unknown when it is seen: a real one looks the same.
    @Test("with a RST in the window are believed")
    func insertedReset() {
        var wire = EvasionTests.talk()
        #expect(wire.receive(.initiator(.rst, 105, ack: 301)).closes)
    }
}
