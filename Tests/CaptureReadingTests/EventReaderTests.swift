import CaptureAnalysis
import CaptureReading
import Foundation
import PacketCapture
import TestSupport
import Testing
import WebSocketProtocol

/// An application that holds a reader and takes one event at a time.
private final class Player {
    private let reader: EventReader
    private(set) var messages: [ExpectedMessage] = []

    init(_ reader: EventReader) {
        self.reader = reader
    }

    /// Takes one event.
    func step() -> Bool {
        guard let entry = reader.next() else { return false }
        if case .message(let message) = entry.event, message.message.isComplete, message.message.payload == .whole {
            messages.append(
                ExpectedMessage(
                    from: message.from == .client ? .client : .server, opcode: message.message.isText ? .text : .binary,
                    payload: entry.payload))
        }
        return true
    }
}

@Suite("An application that reads the events of a capture")
struct EventReaderTests {
    @Test(
        "takes every message that the endpoints logged, one by one",
        arguments: ["chat", "permessage-deflate-context-takeover", "segments-missing", "pcapng-two-sections"])
    func messages(name: String) throws {
        let fixture = try Fixture.named(name)
        let player = Player(try EventReader(paths: [fixture.capture.path]))
        while player.step() {}
        #expect(fixture.expectation.discrepancies(in: player.messages) == [])
        #expect(!player.step())
    }

    @Test("gets the capture first and the summary last, and reads no further than requested")
    func order() throws {
        let reader = try EventReader(paths: [try Fixture.named("chat").capture.path])
        guard case .capture(let start)? = reader.next()?.event else {
            Issue.record("no capture first")
            return
        }
        #expect(start.sources.count == 1)
        let packets = reader.summary.packets
        let rest = Array(reader)
        #expect(packets < reader.summary.packets)
        guard case .summary(let summary)? = rest.last?.event else {
            Issue.record("no summary last")
            return
        }
        #expect(summary.packets == reader.summary.packets)
        #expect(reader.problems == [])
    }

    @Test("gets an error for a missing file")
    func missing() throws {
        let reader = try EventReader(paths: ["/nonexistent/a.pcap"])
        #expect(Array(reader).count == 2)
        #expect(reader.problems.map(\.kind) == [.cannotOpen])
    }
}
