import TestSupport
import Testing

/// A case of the Autobahn test suite, with the program's output on its connection.
private struct JudgedCase {
    var record: AutobahnCase
    var connection: TraceConnection

    var end: TraceEvent? { connection.events.last { $0.event == "end" } }

    /// The close event that the program reports for the test peer's application.
    var closeEvent: TraceEvent.CloseEvents.CloseEvent? {
        record.isServer ? end?.closeEvents?.server : end?.closeEvents?.client
    }

    /// The program's findings on the test peer.
    var findings: Set<String> {
        Set(connection.events.filter { $0.event == "finding" && $0.from == record.peer }.compactMap(\.rule))
    }

    /// An end's frames by opcode, as the program counts them.
    func frames(from sender: ExpectedMessage.Sender) -> [Int: Int] {
        connection.frames.filter { $0.from == sender }.reduce(into: [:]) { $0[$1.opcodeValue ?? -1, default: 0] += 1 }
    }

    /// The frames that the test peer means to have sent, without those that its own code never counted or that never
    /// reached the wire.
    ///
    /// The two cases that write one frame's header and payload by hand do not count that frame. A Close frame that the
    /// test peer passed to a connection that was already closing was never sent (``hasUnsentClose``).
    var countedFrames: [Int: Int] {
        var frames = record.txFrameStats
        if ["6.4.3", "6.4.4"].contains(record.case) { frames[1, default: 0] += 1 }
        if hasUnsentClose {
            frames[8, default: 0] -= 1
            if frames[8] == 0 { frames[8] = nil }
        }
        return frames
    }

    /// Whether the test peer means to have answered a Close frame, but the wire has no answer.
    var hasUnsentClose: Bool {
        let own = connection.events.firstIndex { $0.opcode == "close" && $0.from == record.peer.peer }
        guard let own, !record.closedByMe else { return false }
        return !connection.events[own...].contains { $0.opcode == "close" && $0.from == record.peer }
    }
}

/// Checks the program against the table of agreements in docs/verdicts.md.
@Suite("In the Autobahn cases, the program")
struct AutobahnTests {
    private static let groups: Set = [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13]

    /// Cases whose frames are sent byte by byte, and in which the tested end did not wait for the last byte.
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
            // The close event it got.
            #expect(event.code == record.remoteCloseCode ?? 1005, "\(record)")
            #expect(event.reason == record.remoteCloseReason ?? "", "\(record)")
            #expect(judged.frames(from: record.peer.peer) == record.rxFrameStats, "\(record)")
            // The frames it sent.
            let (sent, counted) = (judged.frames(from: record.peer), judged.countedFrames)
            let isWhole = sent == counted
            let isPart = sent.allSatisfy { $0.value <= counted[$0.key, default: 0] }
            #expect(isWhole || isPart && Self.cutOff.contains(record.case), "\(record): \(sent) of \(counted)")
            #expect(
                event.wasClean == (record.wasClean && (!judged.hasUnsentClose || record.case == "3.7")), "\(record)")
            // Who closed: in 3.7 the frame under test is itself a Close frame, which the test peer does not count as
            // one.
            let isByPeer = judged.end?.verdict?.by == record.peer.rawValue
            #expect(isByPeer == (record.closedByMe || record.case == "3.7"), "\(record)")
            // The rules it broke on purpose.
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
            // After a Close frame nothing is a reason any more: 7.1.5 is closed with 1002 all the same.
            let isFailed = !rules.isEmpty && !rules.contains("close.data-after-close")
            let verdict = try #require(judged.end?.verdict, "\(record)")
            #expect((verdict.failedBy == record.peer.peer) == isFailed, "\(record)")
            #expect(verdict.failedBy != record.peer, "\(record)")
            #expect(isFailed == (verdict.failedOver.map(rules.contains) ?? false), "\(record)")
            #expect(verdict.clean == !isFailed, "\(record)")
        }
    }
}

/// The purposes of the Autobahn test suite's cases: what the test peer does on purpose that leads to findings.
///
/// Groups: 1 framing, 2 Pings and Pongs, 3 reserved bits, 4 reserved opcodes, 5 fragmentation, 6 UTF-8, 7 closing, 9
/// and 10 long messages, 12 and 13 compression.
enum AutobahnPurpose {
    /// The findings of a case: the rules that it breaks, and lawful but rare behaviour.
    static func findings(of name: String) -> Set<String> {
        // Unsolicited Pongs, which RFC 6455 5.5.3 allows; that of 5.2 is in two fragments.
        let isUnasked = ["2.7", "2.8", "2.9", "5.2"].contains(name)
        return isUnasked ? rules(of: name).union(["pong.unsolicited"]) : rules(of: name)
    }

    /// The rules that a case breaks; a case that breaks none is not listed.
    static func rules(of name: String) -> Set<String> {
        if let rules = rulesByCase[name] { return rules }
        if name.hasPrefix("3.") { return ["frame.reserved-bits"] }
        if name.hasPrefix("4.") { return ["frame.reserved-opcode"] }
        if name.hasPrefix("7.9.") || name.hasPrefix("7.13.") { return ["close.code-not-allowed"] }
        if name.hasPrefix("6."), !isValidText(name) { return ["message.text-not-utf8"] }
        return []
    }

    private static let rulesByCase: [String: Set<String>] = {
        var rules: [String: Set<String>] = [
            // A Ping, and a Close frame, of 126 bytes.
            "2.5": ["control.too-long"], "7.3.6": ["control.too-long"],
            // A Ping, a Pong in two fragments: the second one is a continuation of nothing.
            "5.1": ["control.fragmented", "message.continuation-without-start"],
            "5.2": ["control.fragmented", "message.continuation-without-start"],
            // A text inside a text.
            "5.18": ["message.inside-message"],
            // A Close frame of one byte; one whose reason is not UTF-8.
            "7.3.2": ["close.one-byte"], "7.5.1": ["close.reason-not-utf8"],
        ]
        for number in 9...17 { rules["5.\(number)"] = ["message.continuation-without-start"] }
        // A second Close frame, a Ping, a text, a fragment, a long message after a Close frame.
        for number in 2...6 { rules["7.1.\(number)"] = ["close.data-after-close"] }
        return rules
    }()

    /// Whether the text of a case of group 6 is UTF-8 (the texts are from Markus Kuhn's decoder test).
    private static func isValidText(_ name: String) -> Bool {
        switch name.split(separator: ".")[1] {
        // Valid texts; the shortest and longest sequences; surrogates' neighbours; non-characters.
        case "1", "2", "5", "7", "9", "22", "23": true
        // Starts of a text: valid unless they end inside a scalar.
        case "6": ["6.6.2", "6.6.5", "6.6.7", "6.6.9", "6.6.11"].contains(name)
        // Scalars in two to four bytes; then U+110000.
        case "11": name != "6.11.5"
        default: false
        }
    }
}
