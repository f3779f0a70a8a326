import TestSupport
import Testing

/// A case of the Autobahn test suite, with what the program says of its connection.
private struct JudgedCase {
    var record: AutobahnCase
    var connection: TraceConnection

    var end: TraceEvent? { connection.events.last { $0.event == "end" } }

    /// What the test peer's application is told, by the program.
    var closeEvent: TraceEvent.CloseEvents.CloseEvent? {
        record.isServer ? end?.closeEvents?.server : end?.closeEvents?.client
    }

    /// What the program finds in what the test peer did.
    var findings: Set<String> {
        Set(connection.events.filter { $0.event == "finding" && $0.from == record.peer }.compactMap(\.rule))
    }

    /// The frames of an end by opcode, by the program.
    func frames(from sender: ExpectedMessage.Sender) -> [Int: Int] {
        connection.frames.filter { $0.from == sender }.reduce(into: [:]) { $0[$1.opcodeValue ?? -1, default: 0] += 1 }
    }

    /// What the test peer means to have sent, less what its own writing never counted, or the wire never carried.
    ///
    /// The two cases that write one frame's header and payload by hand do not count that frame. A Close frame that the
    /// test peer handed to a connection which was already closing never left it: see ``hasUnsentClose``.
    var countedFrames: [Int: Int] {
        var frames = record.txFrameStats
        if ["6.4.3", "6.4.4"].contains(record.case) { frames[1, default: 0] += 1 }
        if hasUnsentClose {
            frames[8, default: 0] -= 1
            if frames[8] == 0 { frames[8] = nil }
        }
        return frames
    }

    /// Whether the test peer means to have answered a Close frame, and the wire holds no answer.
    var hasUnsentClose: Bool {
        let own = connection.events.firstIndex { $0.opcode == "close" && $0.from == record.peer.peer }
        guard let own, !record.closedByMe else { return false }
        return !connection.events[own...].contains { $0.opcode == "close" && $0.from == record.peer }
    }
}

/// The table of agreements in docs/verdicts.md, held against the program.
@Suite("In the Autobahn cases, the program")
struct AutobahnTests {
    private static let groups: Set = [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13]

    /// Cases whose frames are sent byte by byte, and of which the tested end did not wait for the last.
    private static let cutOff: Set = ["3.4", "4.1.5", "4.2.5", "5.11", "5.14"]

    private static func judged() throws -> [JudgedCase] {
        try SharedCapture.all([.plain]).flatMap { capture in
            let records = try AutobahnCase.all(of: capture).filter { groups.contains($0.group) }
            guard !records.isEmpty else { return [] as [JudgedCase] }
            let connections = try Trace.of(capture.capture).trace.connections
            return records.compactMap { record in
                connections.first { $0.key == record.key }.map { JudgedCase(record: record, connection: $0) }
            }
        }
    }

    @Test(
        "agrees with the test peer and with each case's purpose",
        .enabled(if: Repository.sharedCaptures != nil, "there is no ../shared/captures"))
    func agreements() throws {
        let cases = try Self.judged()
        #expect(cases.count == 247 + 2 + 3)
        for judged in cases {
            let record = judged.record
            let event = try #require(judged.closeEvent, "\(record)")
            // What it received.
            #expect(event.code == record.remoteCloseCode ?? 1005, "\(record)")
            #expect(event.reason == record.remoteCloseReason ?? "", "\(record)")
            #expect(judged.frames(from: record.peer.peer) == record.rxFrameStats, "\(record)")
            // What it sent.
            let (sent, counted) = (judged.frames(from: record.peer), judged.countedFrames)
            let isWhole = sent == counted
            let isPart = sent.allSatisfy { $0.value <= counted[$0.key, default: 0] }
            #expect(isWhole || isPart && Self.cutOff.contains(record.case), "\(record): \(sent) of \(counted)")
            #expect(
                event.wasClean == (record.wasClean && (!judged.hasUnsentClose || record.case == "3.7")), "\(record)")
            // Who closed: in 3.7 the frame under test is itself a Close frame, which the test peer does not count as one.
            let isByPeer = judged.end?.verdict?.by == record.peer.rawValue
            #expect(isByPeer == (record.closedByMe || record.case == "3.7"), "\(record)")
            // What it did on purpose.
            #expect(judged.findings == AutobahnPurpose.findings(of: record.case), "\(record)")
        }
        #expect(cases.count { $0.hasUnsentClose } == 78)
    }

    @Test(
        "reports that the tested end failed the connection over each rule it did not tolerate",
        .enabled(if: Repository.sharedCaptures != nil, "there is no ../shared/captures"))
    func failures() throws {
        for judged in try Self.judged() {
            let record = judged.record
            let rules = AutobahnPurpose.rules(of: record.case)
            // Behind a Close frame nothing is a reason any more: 7.1.5 is closed with 1002 all the same.
            let isFailed = !rules.isEmpty && !rules.contains("close.data-after-close")
            let verdict = try #require(judged.end?.verdict, "\(record)")
            #expect((verdict.failedBy == record.peer.peer) == isFailed, "\(record)")
            #expect(verdict.failedBy != record.peer, "\(record)")
            #expect(isFailed == (verdict.failedOver.map(rules.contains) ?? false), "\(record)")
            #expect(verdict.clean == !isFailed, "\(record)")
        }
    }
}
