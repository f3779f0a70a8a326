import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

/// A hole becomes a gap once the other end has acknowledged it and nothing has come since, or once nothing can come.
@Suite("A hole")
struct GapRuleTests {
    static let hole = [Sent.initiator(.psh, 104, ack: 301, "def"), .responder([], 301, ack: 107)]

    @Test("is not a gap by its acknowledgment alone, as captures have segments after their ACKs")
    func acknowledgedOnly() {
        var wire = Wire.open()
        wire.receive(GapRuleTests.hole)
        #expect(wire.forth == [])
        wire.receive(.initiator(.psh, 101, ack: 301, "abc"))
        #expect(wire.forth == [.text("abcdef")])
        #expect(wire.connection[.fromInitiator].gapBytes == 0)
    }

    @Test("is a gap 32 packets of the connection after its acknowledgment")
    func packets() {
        var wire = Wire.open()
        wire.receive(GapRuleTests.hole)
        for _ in 1..<32 { wire.receive(.responder([], 301, ack: 107)) }
        #expect(wire.forth == [])
        wire.receive(.responder([], 301, ack: 107))
        #expect(wire.forth == [.gap(3), .text("def")])
        #expect(wire.connection[.fromInitiator].gapBytes == 3)
    }

    @Test("is a gap a second of packet time after its acknowledgment")
    func time() {
        var wire = Wire.open()
        wire.receive(GapRuleTests.hole)
        wire.receive(.responder([], 301, ack: 107).after(999_999_999))
        #expect(wire.forth == [])
        wire.receive(.responder([], 301, ack: 107).after(1))
        #expect(wire.forth == [.gap(3), .text("def")])
    }

    @Test("is not a gap, however long, while it is not acknowledged")
    func notAcknowledged() {
        var wire = Wire.open()
        wire.receive(.initiator(.psh, 104, ack: 301, "def"))
        for _ in 0..<100 { wire.receive(.responder([], 301, ack: 101).after(1_000_000_000)) }
        #expect(wire.forth == [])
        wire.receive([.initiator(.psh, 101, ack: 301, "abc")])
        #expect(wire.forth == [.text("abcdef")])
    }

    @Test("is a gap when the capture ends")
    func flush() {
        var wire = Wire.open()
        wire.receive(.initiator(.psh, 104, ack: 301, "def"))
        wire.flush()
        #expect(wire.forth == [.gap(3), .text("def")])
    }

    @Test("is a gap when a RST ends the connection")
    func reset() {
        var wire = Wire.open()
        wire.receive([.initiator(.psh, 104, ack: 301, "def"), .responder(.rst, 301)])
        #expect(wire.forth == [.gap(3), .text("def")])
    }

    @Test("at the end is revealed by the ACK of what is missing")
    func lostTail() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "abc"), .responder([], 301, ack: 110), .responder([], 301, ack: 110),
        ])
        #expect(wire.forth == [.text("abc")])
        // Acknowledgments alone could hide what was sent: the hole is a gap once the sender goes on, or nothing more
        // can come.
        wire.receive(.responder([], 301, ack: 110).after(1_000_000_000))
        #expect(wire.forth == [.text("abc")])
        wire.receive([
            .initiator(.psh, 110, ack: 301, "on"), Sent.responder([], 301, ack: 112).after(1_000_000_000),
        ])
        #expect(wire.forth == [.text("abc"), .gap(6), .text("on")])
        wire.receive(.responder([], 301, ack: 120))
        wire.flush()
        #expect(wire.forth == [.text("abc"), .gap(6), .text("on"), .gap(8)])
    }

    @Test("at the end is revealed by the FIN after it")
    func lostTailBeforeFin() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "abc"), .initiator(.fin, 110, ack: 301),
            .responder(.fin, 301, ack: 111), .initiator([], 111, ack: 302),
        ])
        #expect(wire.forth == [.text("abc"), .gap(6)])
        #expect(wire.connection[.fromInitiator].isWhole == true)
    }

    @Test("of one byte at the end may be a FIN that the capture lacks, and is not a gap")
    func unseenFin() {
        var wire = Wire.open()
        wire.receive([.initiator(.psh, 101, ack: 301, "abc"), .responder([], 301, ack: 105)])
        for _ in 0..<40 { wire.receive(.responder([], 301, ack: 105).after(1_000_000_000)) }
        wire.flush()
        #expect(wire.forth == [.text("abc")])
        #expect(wire.connection[.fromInitiator].gapBytes == 0)
    }

    @Test("that follows another one waits its own time")
    func second() {
        var wire = Wire.open()
        wire.receive([.initiator(.psh, 103, ack: 301, "c"), .responder([], 301, ack: 104)])
        wire.receive([.initiator(.psh, 105, ack: 301, "e"), .responder([], 301, ack: 106).after(500_000_000)])
        wire.receive(.responder([], 301, ack: 106).after(600_000_000))
        #expect(wire.forth == [.gap(2), .text("c")])
        wire.receive(.initiator(.psh, 104, ack: 301, "d"))
        #expect(wire.forth == [.gap(2), .text("cde")])
    }

    @Test("of one stream shows nothing about the other")
    func streams() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 104, ack: 301, "def"), .responder(.psh, 301, ack: 101, "xyz"),
            .initiator([], 107, ack: 304), .responder([], 304, ack: 101).after(5_000_000_000),
        ])
        #expect(wire.forth == [] && wire.back == [.text("xyz")])
    }
}
