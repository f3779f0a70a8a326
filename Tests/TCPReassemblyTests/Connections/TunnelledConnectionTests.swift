import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("Connections between the same ends")
struct TunnelledConnectionTests {
    /// A segment that came through a tunnel; 0 if through none that has a number.
    struct Step: Sendable {
        var sent: Sent
        var tunnel: UInt32
        /// The connection that it must belong to: from 0, in the order of their first segments.
        var connection: Int

        init(_ connection: Int, _ sent: Sent, in tunnel: UInt32) {
            self.sent = sent
            self.tunnel = tunnel
            self.connection = connection
        }
    }

    static let cases: [(String, [Step])] = [
        (
            "in two networks are two",
            [
                Step(0, .initiator(.syn, 100), in: 1), Step(1, .initiator(.syn, 70_000_000), in: 2),
                Step(0, .responder(.syn, 300, ack: 101), in: 1),
                Step(1, .responder(.syn, 90_000_000, ack: 70_000_001), in: 2),
                Step(0, .initiator([], 101, ack: 301, "a"), in: 1),
                Step(1, .initiator([], 70_000_001, ack: 90_000_001, "b"), in: 2),
                Step(0, .responder([], 301, ack: 102), in: 1),
                Step(1, .responder([], 90_000_001, ack: 70_000_002), in: 2),
            ]
        ),
        (
            "in two networks are two, where each direction has a number of its own",
            [
                Step(0, .initiator(.syn, 100), in: 1), Step(1, .initiator(.syn, 70_000_000), in: 2),
                Step(1, .responder(.syn, 90_000_000, ack: 70_000_001), in: 22),
                Step(0, .responder(.syn, 300, ack: 101), in: 11),
                Step(1, .initiator([], 70_000_001, ack: 90_000_001, "b"), in: 2),
                Step(0, .initiator([], 101, ack: 301, "a"), in: 1),
                Step(0, .responder([], 301, ack: 102), in: 11),
                Step(1, .responder([], 90_000_001, ack: 70_000_002), in: 22),
            ]
        ),
        (
            "in two networks are two, from the middle on",
            [
                Step(0, .initiator([], 101, ack: 301, "a"), in: 1),
                Step(1, .initiator([], 70_000_001, ack: 90_000_001, "b"), in: 2),
                Step(0, .responder([], 301, ack: 102), in: 1),
                Step(1, .responder([], 90_000_001, ack: 70_000_002), in: 2),
                Step(0, .initiator([], 102, ack: 301, "a"), in: 1),
            ]
        ),
        (
            "are one where a capture shows them within a tunnel and without",
            [
                Step(0, .initiator(.syn, 100), in: 0), Step(0, .initiator(.syn, 100), in: 5),
                Step(0, .responder(.syn, 300, ack: 101), in: 5), Step(0, .responder(.syn, 300, ack: 101), in: 0),
                Step(0, .initiator([], 101, ack: 301, "a"), in: 0), Step(0, .initiator([], 101, ack: 301, "a"), in: 5),
                Step(0, .responder([], 301, ack: 102), in: 5),
            ]
        ),
        (
            "are one where a router puts them from one tunnel into another",
            [
                Step(0, .initiator(.syn, 100), in: 1), Step(0, .initiator(.syn, 100), in: 2),
                Step(0, .responder(.syn, 300, ack: 101), in: 2), Step(0, .responder(.syn, 300, ack: 101), in: 1),
                Step(0, .initiator([], 101, ack: 301, "a"), in: 1), Step(0, .initiator([], 101, ack: 301, "a"), in: 2),
            ]
        ),
        (
            "are one where only one direction is tunnelled",
            [
                Step(0, .initiator(.syn, 100), in: 1), Step(0, .responder(.syn, 300, ack: 101), in: 0),
                Step(0, .initiator([], 101, ack: 301, "a"), in: 1), Step(0, .responder([], 301, ack: 102), in: 0),
            ]
        ),
    ]

    @Test("belong together or not", arguments: cases)
    func places(name: String, steps: [Step]) {
        var table = ConnectionTable(limits: ReassemblyLimits(), secret: 7)
        var slots: [Slot<TCPConnection>] = []
        for step in steps {
            var segment = step.sent.segment()
            segment.tunnel = step.tunnel
            let place = table.find(segment) ?? table.insert(segment, time: Timestamp(nanoseconds: 0))
            if !slots.contains(place.slot) { slots.append(place.slot) }
            #expect(slots.firstIndex(of: place.slot) == step.connection)
            #expect(place.direction == step.sent.direction)
            _ = table.connections[place.slot].receive(
                segment, from: place.direction, payload: step.sent.bytes.span, packet: 1,
                time: Timestamp(nanoseconds: 0), budget: &table.budget, limits: table.limits)
        }
        for slot in slots { table.remove(slot) }
        #expect(table.count == 0)
    }

    @Test("are not more than eight, so that looking for one stays quick")
    func bound() {
        var table = ConnectionTable(limits: ReassemblyLimits(), secret: 7)
        for number in 1...1000 as ClosedRange<UInt32> {
            var segment = Sent.initiator(.syn, number &* 10_000_000).segment()
            segment.tunnel = number
            if table.find(segment) == nil { _ = table.insert(segment, time: Timestamp(nanoseconds: 0)) }
        }
        #expect(table.count == 8)
    }
}
