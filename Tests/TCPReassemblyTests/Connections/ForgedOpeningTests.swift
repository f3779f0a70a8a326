import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("Forged segments while a connection opens")
struct ForgedOpeningTests {
    /// Data before the SYN, then a request that begins where the SYN says (RFC 9293 3.4).
    @Test("Data before a SYN do not take the place of those after it", arguments: [false, true])
    func beforeSYN(isAcknowledged: Bool) {
        var wire = Wire(.initiator(.syn, 5000))
        if isAcknowledged { wire.receive(.initiator([], 5001, ack: 301)) }
        wire.connection.pendingDoubt = .atStart
        wire.receive(.initiator(.psh, 4000, ack: 301, "evil"))
        wire.receive([
            .initiator(.psh, 5001, ack: 301, "good"), .responder([], 301, ack: 5005),
            .initiator(.psh, 5005, ack: 301, "bye"),
        ])
        wire.flush()
        #expect(wire.forth == [.text("goodbye")])
        #expect(wire.connection.syn?.sequence == 5000)
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("A SYN that its end does not go on from is refuted")
    func refutedSYN() {
        var wire = Wire(.initiator(.syn, 5000))
        wire.connection.pendingDoubt = .atStart
        wire.receive([
            .initiator(.psh, 4000, ack: 301, "good"), .responder([], 301, ack: 4004),
            .initiator(.psh, 4004, ack: 301, "bye"),
        ])
        #expect(wire.forth == [.text("goodbye")])
        #expect(wire.connection.syn == nil)
    }

    @Test("Data before a SYN ACK that was acknowledged do not refute it")
    func acknowledgedAnswer() {
        var wire = Wire(.responder(.syn, 5000, ack: 101), .initiator([], 101, ack: 5001))
        wire.receive([.responder(.psh, 4000, ack: 101, "evil"), .responder(.psh, 5001, ack: 101, "good")])
        #expect(wire.back == [.text("good")])
        #expect(wire.connection.synAck?.sequence == 5000)
    }

    @Test("Nor does data before one that is acknowledged later")
    func acknowledgedLater() {
        var wire = Wire(.responder(.syn, 5000, ack: 101))
        wire.receive([
            .responder(.psh, 4000, ack: 101, "evil"), .initiator([], 101, ack: 5001),
            .responder(.psh, 5001, ack: 101, "good"),
        ])
        #expect(wire.back == [.text("good")])
        #expect(wire.connection.synAck?.sequence == 5000 && wire.connection.handshakeAck?.packet == 3)
        #expect(wire.budget == wire.limits.heldBytes)
    }

    /// Each move visits everything that waits.
    @Test("An acknowledgment moves an assumed beginning if little waits after it", arguments: [3, 100])
    func move(count: Int) {
        var wire = Wire(.initiator(.syn, 100))
        wire.connection.assumeStart(of: .fromResponder, at: 5000)
        for index in 0..<UInt32(count) {
            wire.connection.pendingDoubt = .noAcknowledgment
            wire.receive(.responder(.psh, 5010 + 2 * index, "x"))
        }
        wire.receive(.initiator([], 101, ack: 4999))
        #expect(wire.connection[.fromResponder].firstSequence == (count == 3 ? 4999 : 5000))
    }

    /// RFC 9293 3.6: nothing may follow a FIN.
    @Test("A FIN ahead of all that its end sends later does not count if the other end never acknowledges it")
    func farFIN() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "one"), .responder([], 301, ack: 104), .initiator(.fin, 5000, ack: 301),
            .initiator(.psh, 104, ack: 301, "two"), .responder([], 301, ack: 107),
        ])
        wire.flush()
        #expect(wire.forth == [.text("onetwo")])
        #expect(wire.connection.firstFinPacket == nil && wire.connection.endTime == nil)
    }

    @Test("A FIN ahead of all that was captured counts if nothing follows it")
    func lastFIN() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "one"), .responder([], 301, ack: 104), .initiator(.fin, 110, ack: 301),
        ])
        wire.flush()
        #expect(wire.forth == [.text("one"), .gap(6)])
        #expect(wire.connection.firstFinPacket == 6)
    }

    @Test("When a forged FIN gives way, the end is that of the other end's FIN")
    func endTime() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "one"), .responder([], 301, ack: 104), .initiator(.fin, 5000, ack: 301),
            .initiator(.psh, 104, ack: 301, "two"), .responder([], 301, ack: 107),
        ])
        wire.receive(.responder(.fin, 301, ack: 107).after(5_000_000_000))
        let time = wire.time
        wire.receive([.initiator([], 107, ack: 302), .initiator(.fin, 107, ack: 302), .responder([], 302, ack: 108)])
        #expect(wire.connection.isClosed == true)
        #expect(wire.connection.endTime == time)
    }
}
