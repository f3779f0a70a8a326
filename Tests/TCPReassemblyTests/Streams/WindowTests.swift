import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

/// What the other end would not accept, an observer must not accept either: otherwise anyone who can send to the
/// observer decides what it sees.
@Suite("Segments that do not fit")
struct WindowTests {
    /// A connection with windows of 1,000 bytes, so that 69,536 are in reach; both ends have sent 3 bytes.
    private static func talk() -> Wire {
        var wire = Wire(.initiator(.syn, 100), .responder(.syn, 300, ack: 101))
        wire.receive([
            Sent.initiator([], 101, ack: 301).window(1000), Sent.initiator(.psh, 101, ack: 301, "ask").window(1000),
            Sent.responder(.psh, 301, ack: 104, "ans").window(1000),
            Sent.initiator([], 104, ack: 304).window(1000),
        ])
        return wire
    }

    static let reach: UInt32 = 4 * 1000 + 65_536

    /// The distance of a RST from the next byte, and whether it ends the connection.
    static let resets: [(Int64, Bool)] = [
        (0, true), (-1, false), (-3, false), (-304, false),
        (Int64(reach) + 1, false), (1 << 30, false), (1 << 31, false), (-(1 << 30), false),
    ]

    @Test("among RSTs do not end the connection", arguments: resets)
    func reset(distance: Int64, ends: Bool) {
        var wire = WindowTests.talk()
        let arrival = wire.receive(.responder(.rst, UInt32(truncatingIfNeeded: 304 + distance), ack: 104))
        #expect(arrival.closes == ends)
        #expect(arrival.isDoubtful == !arrival.closes)
        #expect(wire.connection.isClosed == arrival.closes)
        guard !arrival.closes else { return }
        #expect(wire.connection.reset?.packet == nil && wire.connection.firstEndTime == nil)
        #expect(wire.connection[.fromResponder].outOfWindowSegments == 1)
        wire.receive(.initiator(.psh, 104, ack: 304, "!"))
        #expect(wire.forth == [.text("ask!")])
    }

    /// RFC 9293 3.10.7.4: a RST in the window, but not at RCV.NXT, is answered and not accepted.
    @Test("among RSTs are those in the window but at the next byte", arguments: [1, 2, 100, Int64(reach)])
    func nearReset(distance: Int64) {
        var wire = WindowTests.talk()
        let arrival = wire.receive(.responder(.rst, UInt32(304 + distance), ack: 104))
        #expect(!arrival.closes && wire.connection.isClosed == false && wire.connection.reset == nil)
        // It is the end if nothing follows.
        #expect(wire.connection.isOver && wire.connection.finalReset?.packet == 7)
        #expect(wire.connection.endTime == wire.time)
        // Segments of the other end are accepted; only if its sender goes on is the RST withdrawn.
        wire.receive(.initiator(.psh, 104, ack: 304, "!"))
        #expect(wire.forth == [.text("ask!")] && wire.connection.isOver)
        wire.receive(.responder(.psh, 304, ack: 105, "wer"))
        #expect(!wire.connection.isOver && wire.connection.finalReset == nil)
        #expect(wire.back == [.text("answer")])
        #expect(wire.receive(.responder(.rst, 307, ack: 105)).closes)
        #expect(wire.connection.finalReset?.packet == wire.packet)
        #expect(wire.connection[.fromResponder].ignoredReset == 7)
    }

    @Test("among RSTs are those at what was acknowledged, if more was sent since")
    func unacknowledgedReset() {
        var wire = WindowTests.talk()
        wire.receive(.responder(.psh, 304, ack: 104, "wer"))
        #expect(!wire.receive(.responder(.rst, 303)).closes && !wire.connection.isOver)
        #expect(!wire.receive(.responder(.rst, 304)).closes && wire.connection.isOver)
        #expect(wire.receive(.responder(.rst, 307)).closes)
    }

    @Test("among RSTs are not those after bytes that the capture lacks, after the last byte seen, or after a FIN")
    func resetAfterMore() {
        var acknowledged = WindowTests.talk()
        acknowledged.receive(.initiator([], 104, ack: 310))
        #expect(acknowledged.receive(.responder(.rst, 310)).closes)
        var held = WindowTests.talk()
        held.receive(.responder(.psh, 310, ack: 104, "late"))
        #expect(held.receive(.responder(.rst, 314)).closes)
        var finished = WindowTests.talk()
        finished.receive(.responder(.fin, 304, ack: 104))
        #expect(finished.receive(.responder(.rst, 305)).closes)
    }

    @Test("among RSTs do not stop a SYN from beginning another connection")
    func reopened() {
        var wire = WindowTests.talk()
        wire.receive(.responder(.rst, 310))
        let syn = Sent.initiator(.syn, 9_000_000).segment()
        #expect(
            wire.connection.isReplaced(
                by: syn, in: Span(), from: .fromInitiator, at: Origin(packet: 9, time: wire.time),
                silence: 60_000_000_000) == true)
    }

    @Test("among RSTs are, before the responder is known, those that do not acknowledge the SYN")
    func refusal() {
        var wire = Wire(.initiator(.syn, 100))
        #expect(!wire.receive(.responder(.rst, 0)).closes)
        #expect(!wire.receive(.responder(.rst, 0, ack: 100)).closes)
        #expect(!wire.receive(.responder(.rst, 0, ack: 102)).closes)
        #expect(wire.receive(.responder(.rst, 0, ack: 101)).closes)
    }

    @Test("among RSTs are not those after the FIN", arguments: [304, 305] as [UInt32])
    func resetBehindFin(sequence: UInt32) {
        var wire = WindowTests.talk()
        wire.receive([.responder(.fin, 304, ack: 104), .initiator(.psh, 104, ack: 304, "late")])
        #expect(wire.receive(.responder(.rst, sequence)).closes)
    }

    /// The distance of a one-byte segment, and whether it is accepted.
    static let places: [(UInt32, Bool)] = [
        (0, true), (1, true), (reach - 1, true), (reach, false), (1 << 29, false), (1 << 30, false),
        ((1 << 31) - 1, false),
    ]

    @Test("among data are not held", arguments: places)
    func data(distance: UInt32, isTaken: Bool) {
        var wire = WindowTests.talk()
        let arrival = wire.receive(.initiator(.psh, 104 + distance, ack: 304, "x"))
        #expect(arrival.isDoubtful == !isTaken)
        #expect(wire.connection[.fromInitiator].outOfWindowSegments == (isTaken ? 0 : 1))
        #expect((wire.budget == wire.limits.heldBytes) == (!isTaken || distance == 0))
        wire.flush()
        let gap: [Piece] = distance == 0 ? [] : [.gap(UInt64(distance)), .text("x")]
        #expect(wire.forth == (distance == 0 ? [.text("askx")] : [.text("ask")] + (isTaken ? gap : [])))
    }

    @Test("depend on scaled windows where both SYNs scale", arguments: [nil, 0, 4, 14, 200] as [UInt8?])
    func scaled(scale: UInt8?) {
        var wire = Wire(
            Sent.initiator(.syn, 100).window(64_000, scale: 3),
            Sent.responder(.syn, 300, ack: 101).window(64_000, scale: scale),
            Sent.initiator([], 101, ack: 301).window(1000), Sent.responder([], 301, ack: 101).window(1000))
        let shift = scale.map { min($0, 14) } ?? 0
        let reach = UInt32(4 * 1000) << UInt32(shift) + 65_536
        wire.receive(Sent.initiator(.psh, 101 + reach, ack: 301, "x").window(1000))
        #expect(wire.connection[.fromInitiator].outOfWindowSegments == 1)
        wire.receive(Sent.initiator(.psh, 101 + reach - 1, ack: 301, "x").window(1000))
        #expect(wire.connection[.fromInitiator].outOfWindowSegments == 1)
        // The other end scales by 3 if both ends scale.
        let other = UInt32(4 * 1000) << (scale == nil ? 0 : 3) + 65_536
        wire.receive([Sent.responder(.psh, 301 + other - 1, ack: 101, "x").window(1000)])
        #expect(wire.connection[.fromResponder].outOfWindowSegments == 0)
        wire.receive([.responder(.psh, 301 + other, ack: 101, "x")])
        #expect(wire.connection[.fromResponder].outOfWindowSegments == 1)
    }

    @Test("are not those that fit into a receive buffer of 15 MB, though fewer may wait")
    func largeBuffer() {
        var wire = Wire(
            Sent.initiator(.syn, 100).window(65_535, scale: 8),
            Sent.responder(.syn, 300, ack: 101).window(65_535, scale: 8),
            Sent.initiator([], 101, ack: 301).window(61_440), Sent.responder([], 301, ack: 101).window(61_440))
        let (buffer, size) = (UInt32(61_440) << 8, UInt32(61_440))
        // All but the first byte is in flight, and more of it than may wait.
        var segments: UInt32 = 0
        while Int(segments * size) <= wire.limits.heldBytesPerStream {
            var segment = Sent.initiator(.psh, 102 + segments * size, ack: 301)
            segment.bytes = [UInt8](repeating: 0x61, count: Int(size))
            wire.receive(segment)
            segments += 1
        }
        wire.receive(.initiator(.psh, 101 + buffer - 1, ack: 301, "z"))
        #expect(wire.connection[.fromInitiator].outOfWindowSegments == 0)
        // The hole is filled too late.
        wire.receive(.initiator(.psh, 101, ack: 301, "y"))
        wire.flush()
        let text = [UInt8](repeating: 0x61, count: Int(segments * size))
        #expect(
            wire.forth == [
                .gap(1), .bytes(text), .gap(UInt64(buffer - 2 - segments * size)), .text("z"),
            ])
        #expect(wire.connection[.fromInitiator].insertions == [])
        #expect(wire.budget == wire.limits.heldBytes)
    }

    @Test("are those more than 1 GiB ahead if the window is unknown")
    func unknownWindow() {
        var wire = Wire(.initiator(.psh, 100, ack: 300, "x"))
        wire.receive([.responder(.psh, 300, ack: 101, "y"), .initiator(.psh, 101 + 1 << 30, ack: 301, "z")])
        #expect(wire.connection[.fromInitiator].outOfWindowSegments == 1)
        wire.receive(.initiator(.psh, 100 + 1 << 30, ack: 301, "z"))
        #expect(wire.connection[.fromInitiator].outOfWindowSegments == 1)
    }

    @Test("fit again when the other end has acknowledged what the capture lacks")
    func acknowledgedAhead() {
        var wire = WindowTests.talk()
        wire.receive([
            .responder([], 304, ack: 104 + 1_000_000), .initiator(.psh, 104 + 1_000_000, ack: 304, "on"),
            .responder([], 304, ack: 106 + 1_000_000),
        ])
        #expect(wire.connection[.fromInitiator].outOfWindowSegments == 0)
        wire.flush()
        #expect(wire.forth == [.text("ask"), .gap(1_000_000), .text("on")])
    }

    @Test("among FINs do not end the stream", arguments: [-1, Int64(reach) + 1, 1 << 30])
    func fin(distance: Int64) {
        var wire = WindowTests.talk()
        let arrival = wire.receive(.initiator(.fin, UInt32(truncatingIfNeeded: 104 + distance), ack: 304))
        #expect(arrival.isDoubtful)
        #expect(wire.connection[.fromInitiator].finOffset == nil)
        #expect(wire.connection.finPackets[0] == nil && wire.connection.firstEndTime == nil)
        wire.receive([.initiator(.fin, 104, ack: 304), .responder(.fin, 304, ack: 105)])
        #expect(wire.receive(.initiator([], 105, ack: 305)).closes)
        #expect(wire.connection.finPackets[0] == 8)
    }

    @Test("among FINs are second ones in another place")
    func secondFin() {
        var wire = WindowTests.talk()
        wire.receive([.initiator(.fin, 104, ack: 304), .initiator(.fin, 104, ack: 304)])
        #expect(wire.connection[.fromInitiator].outOfWindowSegments == 0)
        wire.receive(.initiator(.fin, 110, ack: 304))
        #expect(wire.connection[.fromInitiator].outOfWindowSegments == 1)
        #expect(wire.connection[.fromInitiator].finOffset == 3)
    }

    @Test("are data after a FIN that was acknowledged")
    func behindFin() {
        var wire = WindowTests.talk()
        wire.receive([
            .initiator(.fin, 104, ack: 304), .responder([], 304, ack: 105), .initiator(.psh, 104, ack: 304, "forged"),
            .initiator(.psh, 105, ack: 304, "forged"), .responder(.fin, 304, ack: 105), .initiator([], 105, ack: 305),
        ])
        #expect(wire.forth == [.text("ask")])
        #expect(wire.connection[.fromInitiator].outOfWindowSegments == 2)
        #expect(wire.connection.isClosed == true)
        #expect(wire.budget == wire.limits.heldBytes)
    }
}
