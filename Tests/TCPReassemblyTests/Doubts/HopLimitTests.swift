import PacketDecoding
import TestSupport
import Testing
import WireFormat

@testable import TCPReassembly

/// Segments with too few hops left to reach the other end (Ptacek and Newsham 1998; Handley, Paxson and Kreibich 2001;
/// lib·erate 2017; INTANG 2017).
@Suite("Segments whose hop limit falls short")
struct HopLimitTests {
    /// A connection on which the initiator has sent "GET " and received its acknowledgment; the initiator's segments
    /// have 64 hops left.
    private static func talk() -> Wire {
        Wire(
            .initiator(.syn, 100).hops(64), .responder(.syn, 300, ack: 101).hops(50),
            .initiator([], 101, ack: 301).hops(64), .initiator(.psh, 101, ack: 301, "GET ").hops(64),
            .responder([], 301, ack: 105))
    }

    private static let real = Sent.initiator(.psh, 105, ack: 301, "/good ").hops(64)

    /// The segments inserted before the real one.
    static let insertions: [(String, [Sent])] = [
        ("of the same place", [.initiator(.psh, 105, ack: 301, "/evil ").hops(5)]),
        ("that are longer", [.initiator(.psh, 105, ack: 301, "/evil and more").hops(5)]),
        ("that are shorter", [.initiator(.psh, 105, ack: 301, "e").hops(1)]),
        ("in the middle", [.initiator(.psh, 107, ack: 301, "ev").hops(5)]),
        ("that begin in what is known", [.initiator(.psh, 103, ack: 301, "T /e").hops(32)]),
        (
            "several of them",
            [.initiator(.psh, 105, ack: 301, "/evil ").hops(5), .initiator(.psh, 105, ack: 301, "/worse").hops(6)]
        ),
    ]

    @Test("give way to those that follow", arguments: insertions)
    func data(name: String, inserted: [Sent]) {
        var wire = HopLimitTests.talk()
        wire.receive(inserted)
        #expect(wire.forth == [.text("GET ")])
        let arrival = wire.receive(HopLimitTests.real)
        #expect(arrival.isDoubtful && wire.connection[.fromInitiator].insertions == .hopLimit)
        #expect(wire.forth == [.text("GET /good ")])
        wire.receive([
            .responder([], 301, ack: 111), Sent.initiator(.psh, 111, ack: 301, "HTTP, and more").hops(64),
            .responder([], 301, ack: 125), Sent.initiator(.fin, 125, ack: 301).hops(64),
            .responder(.fin, 301, ack: 126),
            .initiator([], 126, ack: 302),
        ])
        #expect(wire.forth == [.text("GET /good HTTP, and more")])
        #expect(wire.connection.isClosed == true)
        wire.connection.removeHeld(budget: &wire.budget)
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("are believed when they are acknowledged")
    func acknowledged() {
        var wire = HopLimitTests.talk()
        wire.receive(.initiator(.psh, 105, ack: 301, "/good ").hops(9))
        #expect(wire.forth == [.text("GET ")])
        wire.receive(.responder([], 301, ack: 110))
        #expect(wire.forth == [.text("GET ")])
        wire.receive(.responder([], 301, ack: 111))
        #expect(wire.forth == [.text("GET /good ")])
        #expect(wire.connection[.fromInitiator].insertions == [])
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("are believed after a few, since the route has changed, acknowledged or not")
    func route() {
        var wire = HopLimitTests.talk()
        for index in 0..<20 as Range<UInt32> {
            wire.receive(.initiator(.psh, 105 + index, ack: 301, "x").hops(20))
            if index >= 5 { #expect(wire.forth == [.text("GET " + String(repeating: "x", count: Int(index) + 1))]) }
        }
        #expect(wire.connection[.fromInitiator].insertions == [])
        #expect(wire.budget == wire.limits.heldBytes)
    }

    /// Each time visits everything that waits.
    @Test("are believed together after a change of route, but not again and again")
    func routes() {
        var wire = HopLimitTests.talk()
        wire.connection.pendingDoubt = .noAcknowledgment
        wire.receive(.initiator(.psh, 107, ack: 301, "x").hops(64))
        for _ in 0..<40 { wire.receive([.initiator([], 105).hops(10), .initiator([], 105).hops(30)]) }
        let (isWaiting, changes) = (wire.connection.awaitsAcknowledgment(), wire.connection.streams[0].routeChanges)
        #expect(isWaiting && changes == 16)
    }

    @Test("are believed at the end of the capture")
    func end() {
        var wire = HopLimitTests.talk()
        wire.receive(.initiator(.psh, 105, ack: 301, "/good ").hops(9))
        wire.flush()
        #expect(wire.forth == [.text("GET /good ")])
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("are believed beyond the bounds")
    func bounds() {
        var limits = ReassemblyLimits()
        limits.heldSegmentsPerStream = 1
        var wire = Wire(
            [
                .initiator(.syn, 100).hops(64), .responder(.syn, 300, ack: 101), .initiator([], 101, ack: 301).hops(64),
                .initiator(.psh, 101, ack: 301, "one ").hops(9), .initiator(.psh, 105, ack: 301, "two ").hops(64),
            ], limits: limits)
        wire.drain()
        #expect(wire.forth == [.text("one two ")])
    }

    @Test("are believed if the other end is not in the capture")
    func oneWay() {
        var wire = Wire(.initiator(.syn, 100).hops(64), .initiator([], 101, ack: 301).hops(64))
        wire.receive(.initiator(.psh, 101, ack: 301, "GET ").hops(9))
        #expect(wire.forth == [.text("GET ")])
        var deaf = Wire(.initiator(.psh, 101, "GET ").hops(64), .initiator(.psh, 105, "/g").hops(64))
        deaf.receive(.initiator(.psh, 107, "ood").hops(9))
        #expect(deaf.forth == [.text("GET /good")])
    }

    @Test("are only those that are far below the others, and low", arguments: [255, 128, 65, 60, 40, 33] as [UInt8])
    func usual(hopLimit: UInt8) {
        var wire = HopLimitTests.talk()
        wire.receive(.initiator(.psh, 105, ack: 301, "/good ").hops(hopLimit))
        #expect(wire.forth == [.text("GET /good ")])
        #expect(wire.receive(.initiator(.rst, 111, ack: 301).hops(hopLimit)).closes)
    }

    @Test(
        "are not those that others are measured by, though the sender has begun with them",
        arguments: [1, 5, 32] as [UInt8])
    func lowFirst(hopLimit: UInt8) {
        var wire = Wire(
            .initiator(.syn, 100).hops(hopLimit), .responder(.syn, 300, ack: 101).hops(50),
            .initiator([], 101, ack: 301).hops(hopLimit), .initiator(.psh, 101, ack: 301, "GET ").hops(64),
            .responder([], 301, ack: 105), Sent.initiator([], 105, ack: 301).hops(64))
        wire.receive(.initiator(.psh, 105, ack: 301, "/evil ").hops(hopLimit))
        #expect(wire.forth == [.text("GET ")])
        #expect(wire.receive(HopLimitTests.real).isDoubtful)
        #expect(wire.forth == [.text("GET /good ")])
        #expect(wire.connection[.fromInitiator].insertions == .hopLimit)
    }

    @Test("and carry a FIN end nothing when their sender goes on, whatever acknowledged them")
    func finished() {
        var wire = HopLimitTests.talk()
        wire.receive([
            Sent.initiator(.fin, 105, ack: 301).hops(5), Sent.responder(.fin, 301, ack: 106).hops(3),
            Sent.initiator([], 106, ack: 302).hops(64),
        ])
        #expect(wire.connection.isClosed == false)
        let arrival = wire.receive(HopLimitTests.real)
        #expect(arrival.isDoubtful && wire.connection.finPackets[0] == nil)
        #expect(wire.forth == [.text("GET /good ")])
    }

    @Test("and carry a SYN ACK do not begin another connection")
    func opened() {
        var wire = HopLimitTests.talk()
        wire.receive(Sent.responder([], 301, ack: 105).hops(50))
        let syn = Sent.initiator(.syn, 9_000_000).segment()
        let isBegun = wire.connection.isReplaced(
            by: syn, in: Span(), from: .fromInitiator, at: Origin(packet: 7, time: wire.time), silence: 60_000_000_000)
        #expect(!isBegun)
        for (hops, replaces) in [(3, false), (50, true)] as [(UInt8, Bool)] {
            var answer = Sent.responder(.syn, 4_000_000, ack: 9_000_001).segment()
            answer.networkHeaderWords = 5
            answer.payload = 40..<40
            var bytes = [UInt8](repeating: 0, count: 40)
            bytes[0] = 0x45
            bytes[8] = hops
            let isReplaced = wire.connection.isReplaced(
                by: answer, in: bytes.span, from: .fromResponder, at: Origin(packet: 8, time: wire.time),
                silence: 60_000_000_000)
            #expect(isReplaced == replaces)
        }
    }

    @Test("and reset the connection end nothing when their sender goes on")
    func reset() {
        var wire = HopLimitTests.talk()
        let stray = wire.receive(.initiator(.rst, 105, ack: 301).hops(5))
        #expect(!stray.closes && wire.connection.reset?.packet == 6)
        let real = wire.receive(HopLimitTests.real)
        #expect(real.isDoubtful && wire.connection[.fromInitiator].insertions == .hopLimit)
        #expect(wire.connection.reset?.packet == nil && wire.connection.firstEndTime == nil)
        #expect(wire.states == [.established, .established])
        wire.receive([
            .responder([], 301, ack: 111), Sent.initiator(.fin, 111, ack: 301).hops(64),
            .responder(.fin, 301, ack: 112),
            .initiator([], 112, ack: 302),
        ])
        #expect(wire.forth == [.text("GET /good ")])
        #expect(wire.connection.isClosed == true && wire.connection.finPackets[0] == 9)
    }

    @Test("and reset the connection have ended it when nothing follows")
    func lastReset() {
        var wire = HopLimitTests.talk()
        wire.receive([.initiator(.rst, 105, ack: 301).hops(5), .responder([], 301, ack: 105)])
        #expect(wire.connection.reset?.packet == 6 && wire.connection.reset?.from == .fromInitiator)
        #expect(wire.connection.isClosed == false)
        #expect(wire.receive(.responder(.rst, 301).hops(50)).closes)
        #expect(wire.connection.reset?.packet == 6)
    }

    @Test("and carry a FIN end nothing, once bytes after it are acknowledged")
    func fin() {
        var wire = HopLimitTests.talk()
        wire.receive([.initiator(.fin, 105, ack: 301).hops(5), HopLimitTests.real, .responder([], 301, ack: 111)])
        #expect(wire.forth == [.text("GET /good ")])
        #expect(wire.connection.finPackets[0] == nil && wire.connection.isClosed == false)
    }

    @Test("take nothing from a stream that is consistent, whatever they are", arguments: 0..<200 as Range<UInt64>)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var wire = HopLimitTests.talk()
        let text = (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var sent = 0
        var acknowledged = 0
        while sent < text.count {
            let start = Int.random(in: max(0, sent - 20)...sent, using: &random)
            let end = min(text.count, start + Int.random(in: 1...30, using: &random))
            var segment = Sent.initiator(.psh, 105 + UInt32(start), ack: 301)
            segment.bytes = Array(text[start..<end])
            wire.receive(segment.hops([64, 64, 64, 5].randomElement(using: &random) ?? 64))
            sent = max(sent, end)
            if Bool.random(using: &random) {
                acknowledged = Int.random(in: acknowledged...sent, using: &random)
                wire.receive(.responder([], 301, ack: 105 + UInt32(acknowledged)))
            }
        }
        wire.flush()
        #expect(wire.forth == [.bytes(Array("GET ".utf8) + text)])
        #expect(wire.connection[.fromInitiator].insertions == [])
        #expect(wire.budget == wire.limits.heldBytes)
    }
}
