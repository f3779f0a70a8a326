import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("The end of a connection")
struct TeardownTests {
    @Test("of one side leaves the other free to send")
    func halfClose() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.psh, 101, ack: 301, "ask"), .initiator(.fin, 104, ack: 301), .responder([], 301, ack: 105),
            .responder(.psh, 301, ack: 105, "ans"), .initiator([], 105, ack: 304),
            .responder(.psh, 304, ack: 105, "wer"), .initiator([], 105, ack: 307),
        ])
        #expect(wire.connection.isClosed == false)
        #expect(wire.states == [.finWait2, .closeWait])
        #expect(wire.connection[.fromInitiator].isWhole == true && wire.connection[.fromResponder].isWhole == false)
        let last = wire.receive(.responder(.fin, 307, ack: 105))
        #expect(!last.closes && wire.states == [.finWait2, .lastAck])
        #expect(wire.receive(.initiator([], 105, ack: 308)).closes)
        #expect(wire.states == [.timeWait, .closed])
        #expect(wire.forth == [.text("ask")])
        #expect(wire.back == [.text("answer")])
        #expect(wire.connection.finPackets[0] == 5 && wire.connection.finPackets[1] == 11)
    }

    @Test("may come with the last data")
    func finWithData() {
        var wire = Wire.open()
        wire.receive([
            .initiator([.psh, .fin], 101, ack: 301, "bye"), .responder([.psh, .fin], 301, ack: 105, "too"),
        ])
        #expect(wire.forth == [.text("bye")] && wire.back == [.text("too")])
        #expect(wire.receive(.initiator([], 105, ack: 305)).closes)
        #expect(wire.connection[.fromInitiator].isWhole == true && wire.connection[.fromResponder].isWhole == true)
    }

    @Test("before the last data arrive is not before they arrive")
    func finFirst() {
        var wire = Wire.open()
        wire.receive([.initiator(.fin, 104, ack: 301), .responder([], 301, ack: 101)])
        #expect(wire.states == [.finWait1, .established])
        #expect(wire.connection[.fromInitiator].isWhole == false)
        wire.receive([.initiator(.psh, 101, ack: 301, "abc"), .responder([], 301, ack: 105)])
        #expect(wire.forth == [.text("abc")])
        #expect(wire.states == [.finWait2, .closeWait])
        #expect(wire.connection[.fromInitiator].isWhole == true)
    }

    @Test("whose FIN is sent again is that of the first FIN")
    func finAgain() {
        var wire = Wire.open()
        wire.receive([
            .initiator(.fin, 101, ack: 301), .initiator(.fin, 101, ack: 301), .responder(.fin, 301, ack: 102),
            .responder(.fin, 301, ack: 102),
        ])
        #expect(wire.connection.finPackets[0] == 4 && wire.connection.finPackets[1] == 6)
        #expect(wire.receive(.initiator([], 102, ack: 302)).closes)
    }

    @Test("by RST is immediate, and the RST's text is not data")
    func reset() {
        var wire = Wire.open()
        wire.receive(.initiator(.psh, 101, ack: 301, "abc"))
        let arrival = wire.receive(.responder(.rst, 301, ack: 104, "why"))
        #expect(arrival.closes && arrival.isControl)
        #expect(wire.connection.reset?.packet == 5 && wire.connection.reset?.from == .fromResponder)
        #expect(wire.connection.firstEndTime == wire.time)
        #expect(wire.states == [.closed, .closed])
        #expect(wire.back == [])
        let stray = wire.receive(.initiator(.psh, 104, ack: 301, "def"))
        #expect(stray.inOrder.isEmpty && !stray.closes)
        #expect(wire.forth == [.text("abc")])
    }

    @Test("delivers waiting bytes, and reports missing ones", arguments: [TCPFlags.rst, .fin])
    func waiting(flag: TCPFlags) {
        var wire = Wire.open()
        wire.receive([.initiator(.psh, 104, ack: 301, "def"), .initiator(flag, 107, ack: 301)])
        #expect(wire.forth == (flag == .rst ? [.gap(3), .text("def")] : []))
        if flag == .fin {
            wire.receive([.responder(.fin, 301, ack: 108), .initiator([], 108, ack: 302)])
            #expect(wire.forth == [.gap(3), .text("def")])
        }
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("of a connection that nobody reads needs both FINs, or a RST")
    func passed() {
        var wire = Wire.open()
        let time = Timestamp(nanoseconds: 0)
        wire.connection.pass([.fin, .ack], from: .fromInitiator, at: Origin(packet: 4, time: time))
        wire.connection.pass(.ack, from: .fromResponder, at: Origin(packet: 5, time: time))
        #expect(wire.connection.isClosed == false)
        wire.connection.pass([.fin, .ack], from: .fromResponder, at: Origin(packet: 6, time: time))
        #expect(wire.connection.isClosed == true)
        var other = Wire.open()
        other.connection.pass(.rst, from: .fromResponder, at: Origin(packet: 4, time: time))
        #expect(other.connection.isClosed == true)
    }
}
