import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

/// A table fed by hand, which counts the connections between two ends.
private struct Feed: ~Copyable {
    var table = ConnectionTable(limits: ReassemblyLimits(), secret: 7)
    var packet: UInt64 = 0
    var time = Timestamp(nanoseconds: 0)
    var connections = 0
    /// The connection that the last segment belonged to.
    var slot = Slot<TCPConnection>(0)
    /// The bytes of the current connection.
    var forth: [UInt8] = []

    /// Whether the last segment was counted as doubtful.
    var isDoubtful = false

    mutating func receive(_ sent: Sent) {
        packet += 1
        time.nanoseconds += sent.delay
        let segment = sent.segment()
        var found = table.find(segment)
        var opening: HandshakeSegment?
        if let place = found, table.isReplaced(place, by: segment, in: Span(), at: Origin(packet: packet, time: time)) {
            opening = table.connections[place.slot].opening(answeredBy: segment, from: place.direction)
            table.remove(place.slot)
            found = nil
            forth = []
        }
        if found == nil { connections += 1 }
        let place = found ?? table.insert(segment, time: time, opening: opening)
        slot = place.slot
        let arrival = table.connections[slot].receive(
            segment, from: place.direction, payload: sent.bytes.span, packet: packet, time: time,
            budget: &table.budget, limits: table.limits)
        isDoubtful = arrival.isDoubtful
        if place.direction == .fromInitiator { forth += sent.bytes[arrival.inOrder] }
    }

    mutating func receive(_ segments: [Sent]) {
        for segment in segments { receive(segment) }
    }

    /// A connection in use.
    static var open: Feed {
        var feed = Feed()
        feed.receive([
            .initiator(.syn, 100), .responder(.syn, 300, ack: 101), .initiator([], 101, ack: 301),
            .initiator(.psh, 101, ack: 301, "old"), .responder([], 301, ack: 104),
        ])
        return feed
    }

    /// The handshake of another connection, and data on it.
    static let next: [Sent] = [
        .initiator(.syn, 5000), .responder(.syn, 7000, ack: 5001), .initiator([], 5001, ack: 7001),
        .initiator(.psh, 5001, ack: 7001, "new"),
    ]
}

@Suite("Reused ports")
struct PortReuseTests {
    @Test("after a RST are another connection")
    func afterReset() {
        var feed = Feed.open
        feed.receive([.responder(.rst, 301, ack: 104)] + Feed.next)
        #expect(feed.connections == 2)
        #expect(feed.forth == Array("new".utf8))
        #expect(feed.table.connections[feed.slot].syn?.packet == 7)
    }

    @Test("after both FINs are another connection, even with the same initial sequence number")
    func afterFin() {
        var feed = Feed.open
        feed.receive([
            .initiator(.fin, 104, ack: 301), .responder(.fin, 301, ack: 105), .initiator([], 105, ack: 302),
            .initiator(.syn, 100),
        ])
        #expect(feed.connections == 2)
    }

    @Test("after the FIN of the end that reuses them are another connection")
    func afterOneFin() {
        var feed = Feed.open
        feed.receive([.initiator(.fin, 104, ack: 301), .initiator(.syn, 5000)])
        #expect(feed.connections == 2)
    }

    @Test("while the old connection is open are another one when the SYN is answered, and its SYN is known")
    func whileOpen() {
        var feed = Feed.open
        feed.receive(Feed.next[0])
        #expect(feed.connections == 1 && feed.isDoubtful)
        feed.receive(Feed.next[1])
        #expect(feed.connections == 2)
        feed.receive(Array(Feed.next[2...]))
        #expect(feed.connections == 2)
        #expect(feed.forth == Array("new".utf8))
        #expect(feed.table.connections[feed.slot].syn?.packet == 6)
        #expect(feed.table.connections[feed.slot].handshakeAck?.packet == 8)
        #expect(feed.table.connections[feed.slot].initiator == Wire.initiator)
    }

    @Test("by an end that has only acknowledged, on a connection that began before the capture, are another one")
    func afterPushes() {
        var feed = Feed()
        feed.receive([.responder(.psh, 300, ack: 104, "push"), .initiator([], 104, ack: 304)] + Feed.next)
        #expect(feed.connections == 2)
        #expect(feed.forth == Array("new".utf8))
        #expect(feed.table.connections[feed.slot].syn?.packet == 3)
        #expect(feed.table.connections[feed.slot].initiator == Wire.initiator)
    }

    /// RFC 5961 4.2.
    @Test("are not, when a SYN in the middle is forged: it gets no SYN ACK")
    func forgedSYN() {
        var feed = Feed.open
        feed.receive([
            .initiator(.syn, 9999), .responder([], 301, ack: 104), .initiator(.psh, 104, ack: 301, "er"),
            .responder(.syn, 1), .initiator(.psh, 106, ack: 301, "!"),
        ])
        #expect(feed.connections == 1)
        #expect(feed.forth == Array("older!".utf8))
        #expect(feed.table.connections[feed.slot].isSimultaneousOpen == false)
        #expect(feed.table.connections[feed.slot][.fromInitiator].outOfWindowSegments == 1)
    }

    // net/ipv4/tcp_input.c, tcp_rcv_state_process: LISTEN drops a SYN with a FIN.
    @Test("are not by a SYN that is a FIN as well, answered or not, nor by such an answer")
    func closingSYN() {
        let (open, both) = (TCPFlags.syn, TCPFlags([.syn, .fin]))
        for (syn, answer) in [(both, both), (both, open), (open, both)] {
            var feed = Feed.open
            feed.receive([
                .initiator(syn, 9999), .responder(answer, 7000, ack: 10_000),
                .initiator(.psh, 104, ack: 301, "er"),
            ])
            #expect(feed.connections == 1 && feed.forth == Array("older".utf8))
        }
    }

    @Test("are not, when a SYN ACK in the middle answers no SYN")
    func forgedAnswer() {
        var feed = Feed.open
        feed.receive([
            .responder(.syn, 9999, ack: 101), .initiator(.syn, 5000), .responder(.syn, 9999, ack: 4000),
            .initiator(.psh, 104, ack: 301, "er"),
        ])
        #expect(feed.connections == 1)
        #expect(feed.forth == Array("older".utf8))
    }

    @Test("after a long silence are another connection at once")
    func afterSilence() {
        var feed = Feed.open
        feed.receive(Feed.next[0].after(60_000_000_000))
        #expect(feed.connections == 2)
    }

    @Test("before any data are another connection at once")
    func beforeData() {
        var feed = Feed()
        feed.receive([.initiator(.syn, 100), .initiator(.syn, 200), .responder(.syn, 300, ack: 201)])
        #expect(feed.connections == 2)
        #expect(feed.table.connections[feed.slot].syn?.packet == 2)
    }

    @Test("are another connection at once if only one end is captured")
    func oneSide() {
        var feed = Feed()
        feed.receive([
            .initiator(.syn, 100), .initiator([], 101, ack: 301), .initiator(.psh, 101, ack: 301, "old"),
            .initiator(.syn, 5000),
        ])
        #expect(feed.connections == 2)
    }

    @Test("may be by an old duplicate, whose answer is reset (RFC 9293 figure 8)")
    func oldDuplicate() {
        var feed = Feed()
        feed.receive([
            .initiator(.syn, 90), .responder(.syn, 300, ack: 91), .initiator(.rst, 91), .initiator(.syn, 100),
            .responder(.syn, 400, ack: 101), .initiator([], 101, ack: 401), .initiator(.psh, 101, ack: 401, "hi"),
        ])
        #expect(feed.connections == 2)
        #expect(feed.forth == Array("hi".utf8))
        #expect(feed.table.connections[feed.slot].states[0] == .established)
    }

    @Test("may be by an end that has crashed (RFC 9293 figure 9)")
    func halfOpen() {
        var feed = Feed.open
        feed.receive([.initiator(.syn, 400), .responder([], 301, ack: 104), .initiator(.rst, 104)])
        #expect(feed.table.connections[feed.slot].isClosed == true)
        feed.receive([.initiator(.syn, 400)])
        #expect(feed.connections == 2)
    }
}
