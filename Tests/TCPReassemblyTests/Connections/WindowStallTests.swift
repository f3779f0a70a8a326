import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("Windows that stay closed (RFC 9293 3.8.6.1)")
struct WindowStallTests {
    private static let millisecond: Int64 = 1_000_000

    /// An open connection.
    private static func talk() -> Wire {
        Wire(.initiator(.syn, 100), .responder(.syn, 300, ack: 101), .initiator([], 101, ack: 301))
    }

    @Test("are stalls from 100 ms on", arguments: [(99, false), (100, true), (5000, true)] as [(Int64, Bool)])
    func duration(milliseconds: Int64, isStall: Bool) {
        var wire = Self.talk()
        wire.receive(.responder([], 301, ack: 101).window(0))
        let arrival = wire.receive(
            .responder([], 301, ack: 101).window(1).after(milliseconds * Self.millisecond))
        #expect(arrival.isDoubtful == isStall)
        let stall = wire.connection.takeStall(.fromResponder)
        #expect((stall != nil) == isStall)
        guard let stall else { return }
        #expect(stall.firstPacket == 4 && stall.lastPacket == 5 && stall.duration == milliseconds * Self.millisecond)
        #expect(wire.takeStalls().isEmpty)
    }

    @Test("last from the first zero, whatever repeats it, and whatever the other end sends")
    func probes() throws {
        var wire = Self.talk()
        wire.receive([
            .responder([], 301, ack: 101).window(0), .initiator(.psh, 101, ack: 301, "x").after(200 * Self.millisecond),
            .responder([], 301, ack: 101).window(0).after(200 * Self.millisecond),
            .responder([], 301, ack: 102).window(500).after(200 * Self.millisecond),
        ])
        let reported = wire.connection.takeStall(.fromResponder)
        let stall = try #require(reported)
        #expect(stall.duration == 600 * Self.millisecond && stall.firstPacket == 4 && stall.lastPacket == 7)
    }

    @Test("may be both ends' at once, and several")
    func both() {
        var wire = Self.talk()
        for _ in 0..<3 {
            wire.receive([
                .responder([], 301, ack: 101).window(0), .initiator([], 101, ack: 301).window(0),
                .responder([], 301, ack: 101).window(9).after(300 * Self.millisecond),
                .initiator([], 101, ack: 301).window(9),
            ])
            let stalls = wire.takeStalls()
            #expect(stalls.map(\.duration) == [301 * Self.millisecond, 301 * Self.millisecond])
        }
    }

    @Test("end with the connection if nothing opens them")
    func unended() throws {
        var wire = Self.talk()
        wire.receive([
            .responder([], 301, ack: 101).window(0), .initiator(.psh, 101, ack: 301, "x").after(700 * Self.millisecond),
        ])
        #expect(wire.takeStalls().isEmpty)
        wire.connection.endStalls()
        let reported = wire.connection.takeStall(.fromResponder)
        let stall = try #require(reported)
        #expect(stall.lastPacket == nil && stall.duration == 700 * Self.millisecond)
    }

    @Test("are not those of a SYN or a RST, whose windows mean nothing")
    func others() {
        var wire = Wire(.initiator(.syn, 100).window(0), .responder(.syn, 300, ack: 101).window(0))
        wire.receive([
            .initiator([], 101, ack: 301), .responder([], 301, ack: 101).after(900 * Self.millisecond),
            .responder(.rst, 301, ack: 101).window(0),
        ])
        wire.connection.endStalls()
        #expect(wire.takeStalls().isEmpty)
    }

    @Test("are not caused by cut bytes, which are counted separately")
    func cutBytes() {
        var wire = Self.talk()
        wire.receive([.initiator(.psh, 101, ack: 301, "hello").cut(3), .initiator(.psh, 106, ack: 301, "x")])
        wire.receive(.initiator(.psh, 110, ack: 301, "y"))
        wire.receive([.responder(.fin, 301, ack: 111), .initiator(.fin, 111, ack: 302), .responder([], 302, ack: 112)])
        #expect(wire.connection[.fromInitiator].cutBytes == 3)
        #expect(wire.connection[.fromInitiator].gapBytes == 6)
    }
}

extension Wire {
    /// The stalls of both ends that were not reported yet.
    fileprivate mutating func takeStalls() -> [WindowStall] {
        [connection.takeStall(.fromInitiator), connection.takeStall(.fromResponder)].compactMap(\.self)
    }
}
