import PacketDecoding
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("Segments that are not answered")
struct UnansweredRunTests {
    private static let opening = [
        Sent.initiator(.syn, 100), .responder(.syn, 500, ack: 101), .initiator([], 101, ack: 501),
        .initiator(.psh, 101, ack: 501, "abc"),
    ]

    private func run(_ segments: [Sent], _ direction: Direction = .fromInitiator) -> UnansweredRun? {
        var wire = Wire(Self.opening + segments)
        return wire.connection.unanswered(direction)
    }

    @Test("are those that bring nothing new, and probes")
    func counted() throws {
        let again = Sent.initiator(.psh, 101, ack: 501, "abc").after(300_000_000)
        let empty = Sent.initiator([], 103, ack: 501).after(1_000_000_000)
        let filled = Sent.initiator([], 103, ack: 501, "?").after(1_000_000_000)
        let found = try #require(run([again, empty, filled]))
        #expect(found.segments == 3 && found.end.nanoseconds(since: found.start) == 2_000_000_000)
        #expect(run([again, empty, filled], .fromResponder) == nil)
    }

    @Test("are not new data, nor acknowledgments")
    func others() {
        #expect(run([.initiator(.psh, 104, ack: 501, "de"), .initiator([], 106, ack: 501)]) == nil)
    }

    @Test("count from the last segment of the other end on")
    func answered() throws {
        let again = Sent.initiator(.psh, 101, ack: 501, "abc")
        let answer = Sent.responder([], 501, ack: 104)
        #expect(run([again, again, answer]) == nil)
        #expect(try #require(run([again, again, answer, again])).segments == 1)
    }

    @Test("are not counted if the other end never sent anything")
    func oneSided() {
        let again = Sent.initiator(.psh, 101, ack: 501, "abc")
        var wire = Wire([.initiator(.syn, 100), again, again, again])
        let run = wire.connection.unanswered(.fromInitiator)
        #expect(run == nil)
    }
}
