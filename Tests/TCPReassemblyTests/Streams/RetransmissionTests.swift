import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("Retransmitted bytes")
struct RetransmissionTests {
    @Test("are delivered once, and their segments counted")
    func wholly() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "abc"), .initiator(.psh, 101, ack: 301, "abc"),
            .initiator(.psh, 104, ack: 301, "def"), .initiator(.psh, 101, ack: 301, "abcdef"),
        ])
        #expect(wire.forth == [.text("abcdef")])
        #expect(wire.connection[.fromInitiator].retransmittedSegments == 2)
        #expect(wire.connection[.fromInitiator].outOfOrderSegments == 0)
    }

    @Test("with new ones after them bring the new ones")
    func partly() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "abc"), .initiator(.psh, 102, ack: 301, "bcde"),
            .initiator(.psh, 101, ack: 301, "abcdef"),
        ])
        #expect(wire.forth == [.text("abcdef")])
    }

    @Test("while they wait for others are counted too")
    func held() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 104, ack: 301, "def"), .initiator(.psh, 104, ack: 301, "def"),
            .initiator(.psh, 101, ack: 301, "abc"),
        ])
        #expect(wire.forth == [.text("abcdef")])
        #expect(wire.connection[.fromInitiator].retransmittedSegments == 1)
        #expect(wire.connection[.fromInitiator].outOfOrderSegments == 1)
    }

    /// RFC 9293 3.8.4.
    @Test("by a keep-alive do not count", arguments: ["", "?"])
    func keepAlive(garbage: String) {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "abc"), .responder([], 301, ack: 104),
            .initiator([], 103, ack: 301, garbage), .responder([], 301, ack: 104),
            .initiator([], 103, ack: 301, garbage), .responder([], 301, ack: 104),
            .initiator(.psh, 104, ack: 301, "def"),
        ])
        wire.flush()
        #expect(wire.forth == [.text("abcdef")])
        #expect(wire.connection[.fromInitiator].retransmittedSegments == 0)
    }

    @Test("by a keep-alive before any data do not count", arguments: ["", "?"])
    func firstKeepAlive(garbage: String) {
        var wire = Wire.open()
        wire.receive([
            .initiator([], 100, ack: 301, garbage), .responder([], 301, ack: 101),
            .initiator(.psh, 101, ack: 301, "abc"),
        ])
        #expect(wire.forth == [.text("abc")])
        #expect(wire.connection[.fromInitiator].retransmittedSegments == 0)
    }

    /// RFC 9293 3.8.6.1.
    @Test("as a probe of a closed window are delivered once, with the byte that the probe brought")
    func zeroWindowProbe() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "abc"), Sent.responder([], 301, ack: 104).window(0),
            .initiator([], 104, ack: 301, "d"), Sent.responder([], 301, ack: 104).window(0),
            .initiator([], 104, ack: 301, "d"), Sent.responder([], 301, ack: 105).window(0),
            Sent.responder([], 301, ack: 105).window(1000), .initiator(.psh, 105, ack: 301, "ef"),
        ])
        #expect(wire.forth == [.text("abcdef")])
        #expect(wire.connection[.fromInitiator].gapBytes == 0)
    }
}
