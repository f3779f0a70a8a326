import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("The opening of a connection")
struct HandshakeTests {
    @Test("is known by its three segments")
    func threeWay() {
        var wire = Wire.open()
        let isKnown = wire.connection.isOpeningKnown
        #expect(isKnown)
        #expect(wire.connection.syn?.packet == 1 && wire.connection.syn?.sequence == 100)
        #expect(wire.connection.synAck?.packet == 2 && wire.connection.synAck?.acknowledgment == 101)
        #expect(wire.connection.handshakeAck?.packet == 3)
        #expect(wire.connection[.fromInitiator].firstSequence == 101)
        #expect(wire.connection[.fromResponder].firstSequence == 301)
        #expect(wire.states == [.established, .established])
    }

    @Test("is that of the first copies when they are sent again")
    func sentAgain() {
        var wire = Wire(
            .initiator(.syn, 100), .initiator(.syn, 100), .responder(.syn, 300, ack: 101),
            .responder(.syn, 300, ack: 101), .initiator([], 101, ack: 301))
        #expect(wire.connection.syn?.packet == 1)
        #expect(wire.connection.synAck?.packet == 3)
        #expect(wire.connection.handshakeAck?.packet == 5)
        #expect(wire.states == [.established, .established])
        wire.receive(.initiator(.psh, 101, ack: 301, "hi"))
        #expect(wire.forth == [.text("hi")])
    }

    @Test("may begin with the SYN ACK: its sender is the responder")
    func answerFirst() {
        var wire = Wire(.responder(.syn, 300, ack: 101))
        wire.receive([.initiator([], 101, ack: 301), .initiator(.psh, 101, ack: 301, "hi")])
        #expect(wire.connection.initiator == Wire.initiator)
        #expect(wire.connection.responder == Wire.responder)
        #expect(wire.connection.isOpeningKnown == true && wire.connection.syn == nil)
        #expect(wire.connection.handshakeAck?.packet == 2)
        #expect(wire.forth == [.text("hi")])
        #expect(wire.states == [.established, .established])
    }

    @Test("may be acknowledged by data alone")
    func acknowledgedByData() {
        let wire = Wire(
            .initiator(.syn, 100), .responder(.syn, 300, ack: 101), .initiator(.psh, 101, ack: 301, "hi"))
        #expect(wire.connection.handshakeAck?.packet == 3)
        #expect(wire.states == [.established, .established])
        #expect(wire.forth == [.text("hi")])
    }

    @Test("is over with the first acknowledgment, whatever acknowledges no more later")
    func acknowledgedAgain() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "hi"), .responder([], 301, ack: 103),
            .initiator(.fin, 103, ack: 301), .initiator(.rst, 104, ack: 301),
        ])
        #expect(wire.connection.handshakeAck?.packet == 3)
    }

    @Test("may lack its third segment")
    func lostAcknowledgment() {
        var wire = Wire(.initiator(.syn, 100), .responder(.syn, 300, ack: 101))
        wire.receive([.initiator(.psh, 111, ack: 304, "later"), .responder(.psh, 304, ack: 116, "on")])
        #expect(wire.connection.handshakeAck == nil)
        #expect(wire.states == [.established, .established])
        wire.flush()
        #expect(wire.forth == [.gap(10), .text("later")])
        #expect(wire.back == [.gap(3), .text("on")])
    }

    @Test("may be seen of one side only", arguments: [Direction.fromInitiator, .fromResponder])
    func oneSide(direction: Direction) {
        var wire = direction == .fromInitiator ? Wire(.initiator(.syn, 100)) : Wire(.responder(.syn, 300, ack: 101))
        if direction == .fromInitiator {
            wire.receive([.initiator([], 101, ack: 301), .initiator(.psh, 101, ack: 301, "abc")])
            wire.receive([.initiator(.psh, 104, ack: 301, "def"), .initiator(.psh, 107, ack: 301, "g")])
        } else {
            wire.receive([.responder(.psh, 301, ack: 105, "abc"), .responder(.psh, 304, ack: 105, "def")])
            wire.receive([.responder(.psh, 307, ack: 105, "g"), .responder(.psh, 308, ack: 105, "")])
        }
        #expect((direction == .fromInitiator ? wire.forth : wire.back) == [.text("abcdefg")])
        #expect(wire.states == [.established, .established])
    }

    /// RFC 9293 3.5, figure 7.
    @Test("may be simultaneous")
    func simultaneous() {
        var wire = Wire(
            .initiator(.syn, 100), .responder(.syn, 300), .initiator(.syn, 100, ack: 301),
            .responder(.syn, 300, ack: 101))
        #expect(wire.connection.isSimultaneousOpen == true)
        #expect(wire.connection.initiator == Wire.initiator)
        wire.receive([.responder(.psh, 301, ack: 101, "back"), .initiator(.psh, 101, ack: 305, "forth")])
        #expect(wire.forth == [.text("forth")])
        #expect(wire.back == [.text("back")])
    }

    /// RFC 7413: TCP Fast Open; RFC 9293 3.5 allows it too.
    @Test("may bring data in its SYNs")
    func dataInSYN() {
        var wire = Wire(
            .initiator(.syn, 100, "abc"), .responder(.syn, 300, ack: 104, "xyz"), .initiator([], 104, ack: 304))
        #expect(wire.forth == [.text("abc")])
        #expect(wire.back == [.text("xyz")])
        #expect(wire.connection[.fromInitiator].firstSequence == 101)
        wire.receive([.initiator(.psh, 104, ack: 304, "def")])
        #expect(wire.forth == [.text("abcdef")])
        #expect(wire.states == [.established, .established])
    }

    @Test("may bring data in a SYN that are refused and sent again")
    func refusedDataInSYN() {
        let wire = Wire(
            .initiator(.syn, 100, "abc"), .responder(.syn, 300, ack: 101), .initiator(.psh, 101, ack: 301, "abcdef"))
        #expect(wire.forth == [.text("abcdef")])
        #expect(wire.states == [.established, .established])
    }

    @Test("may be before the capture: the first byte seen of each side is its offset 0")
    func midstream() {
        var wire = Wire(.responder(.psh, 5000, ack: 7000, "old"))
        wire.receive([.initiator([], 7000, ack: 5003), .initiator(.psh, 7000, ack: 5003, "new")])
        #expect(wire.connection.isOpeningKnown == false)
        // The end that sends first counts as the initiator.
        #expect(wire.connection.initiator == Wire.responder)
        #expect(wire.connection[.fromResponder].firstSequence == 5000)
        #expect(wire.connection[.fromInitiator].firstSequence == 7000)
        #expect(wire.states == [.established, .established])
    }

    @Test("may be refused")
    func refused() {
        var wire = Wire(.initiator(.syn, 100))
        #expect(wire.states == [.synSent, .listen])
        let arrival = wire.receive(.responder(.rst, 0, ack: 101))
        #expect(arrival.closes && wire.connection.isClosed == true)
        #expect(wire.connection.reset?.from == .fromResponder)
        #expect(wire.states == [.closed, .closed])
    }
}
