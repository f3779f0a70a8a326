package import CaptureAnalysis
package import TraceOutput
import WebSocketProtocol
package import WireFormat

/// Which sessions are wanted: those that meet every condition that is set.
package struct SessionFilter: Sendable {
    /// Connection numbers, and patterns for host and path; its other conditions are ignored.
    package var events = EventFilter()
    /// How the session must have ended: one of these.
    package var verdicts: [VerdictPattern] = []
    /// The findings of which it must have at least one.
    package var findings: [FindingPattern] = []
    /// The session must not have ended before this.
    package var start: PointInTime?
    /// The session must not have begun after this.
    package var end: PointInTime?

    /// Creates a filter that every session passes.
    package init() {}

    /// Whether every session passes.
    package var isEmpty: Bool {
        events.isEmpty && verdicts.isEmpty && findings.isEmpty && start == nil && end == nil
    }
}

/// A moment, absolute or since the capture's first packet.
package enum PointInTime: Hashable, Sendable {
    case absolute(Timestamp)
    /// Since the first packet, in nanoseconds.
    case elapsed(Int64)

    /// The absolute time, in a capture that begins at `start`.
    func time(in start: Timestamp) -> Timestamp {
        switch self {
        case .absolute(let time): time
        case .elapsed(let nanoseconds): Timestamp(nanoseconds: start.nanoseconds &+ nanoseconds)
        }
    }

    /// Reads "12.5" (seconds since the first packet) or "2026-11-28T21:13:42.5Z" (RFC 3339, UTC); nil if it is neither.
    package init?(_ text: String) {
        if let seconds = Double(text), seconds.isFinite, abs(seconds) < 9e9 {
            self = .elapsed(Int64(seconds * 1e9))
            return
        }
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes.count <= 30, bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[13] == 0x3a,
            bytes[16] == 0x3a, [0x54, 0x74, 0x20].contains(bytes[10]), [0x5a, 0x7a].contains(bytes[bytes.count - 1]),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), 1...12 ~= month, day >= 1, hour < 24,
            minute < 60, second < 61, day <= Self.dayCount(ofMonth: month, in: year)
        else { return nil }
        var fraction: Int64 = 0
        if bytes.count > 20 {
            guard bytes[19] == 0x2e, bytes.count > 21, let digits = number(20..<(bytes.count - 1)) else { return nil }
            fraction = digits
            for _ in (bytes.count - 21)..<9 { fraction *= 10 }
        }
        // Days since 1970-01-01; years begin in March here, so that leap days come last.
        let years = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = 365 * years + years / 4 - years / 100 + years / 400 + dayOfYear - 719_468
        // 64 bits of nanoseconds since 1970 end in 2262.
        let (seconds, isBeyond) = (days * 86_400 + hour * 3600 + minute * 60 + second)
            .multipliedReportingOverflow(by: 1_000_000_000)
        let (nanoseconds, isBarelyBeyond) = seconds.addingReportingOverflow(fraction)
        guard !isBeyond, !isBarelyBeyond else { return nil }
        self = .absolute(Timestamp(nanoseconds: nanoseconds))
    }

    /// How many days a month has, January being 1 (RFC 3339 appendix C).
    private static func dayCount(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// How a session ended, in a word: a layer ("rst", "close-frame"), who did it ("by-client"), "clean" or "unclean", or a
/// code that was sent or that an application saw ("1006").
package enum VerdictPattern: Hashable, Sendable {
    case layer(SessionEnd.Verdict.Layer)
    case party(SessionEnd.Verdict.Party)
    case clean(Bool)
    case code(UInt16)

    /// Reads a word; nil if it is none of those.
    package init?(_ word: String) {
        if let layer = SessionEnd.Verdict.Layer(rawValue: word) {
            self = .layer(layer)
        } else if word.hasPrefix("by-"), let party = SessionEnd.Verdict.Party(rawValue: String(word.dropFirst(3))) {
            self = .party(party)
        } else if let code = UInt16(word) {
            self = .code(code)
        } else if word == "clean" || word == "unclean" {
            self = .clean(word == "clean")
        } else {
            return nil
        }
    }

    func matches(_ verdict: SessionEnd.Verdict) -> Bool {
        switch self {
        case .layer(let layer): verdict.layer == layer
        case .party(let party): verdict.by == party
        case .clean(let isClean): verdict.isClean == isClean
        case .code(let code):
            [verdict.code, verdict.clientSees, verdict.serverSees].contains { $0?.rawValue == code }
        }
    }
}

/// A finding: a minimum severity ("warning"), or a pattern for rules ("masking.*").
package enum FindingPattern: Hashable, Sendable {
    case severity(Set<String>)
    case rule(Glob)

    /// Reads a word.
    package init(_ word: String) {
        switch word {
        case "error": self = .severity(["error"])
        case "warning": self = .severity(["error", "warning"])
        case "note": self = .severity(["error", "warning", "note"])
        default: self = .rule(Glob(word))
        }
    }

    func matches(_ finding: borrowing Finding) -> Bool {
        switch self {
        case .severity(let names): names.contains(finding.severity.rawValue)
        case .rule(let glob): glob.matches(finding.rule)
        }
    }
}
