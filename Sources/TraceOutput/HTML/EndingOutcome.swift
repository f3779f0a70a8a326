import CaptureAnalysis
import WebSocketProtocol

/// How a session ended, at a glance: the shape and colour of its mark.
///
/// In order of badness, the worst first.
enum EndingOutcome: String, CaseIterable {
    /// An end failed the connection over a broken rule.
    case failed
    /// TCP was reset, or TLS ended with a fatal alert, without a Close frame.
    case reset
    /// An end was never heard again.
    case timeout
    /// The upgrade was refused, or never answered.
    case refused
    /// TCP was closed without a Close frame.
    case fin
    /// With a Close frame that names an error, or was not answered.
    case closed
    /// Still open when the capture ended.
    case open
    /// With Close frames of both ends.
    case clean

    init(_ verdict: SessionEnd.Verdict, upgrade: SessionRow.Upgrade) {
        switch (verdict.layer, upgrade) {
        case (_, .refused), (_, .pending): self = .refused
        case _ where verdict.failure != nil: self = .failed
        case (.closeFrame, _): self = verdict.isClean && !Self.isError(verdict.code) ? .clean : .closed
        case (.rst, _), (.tlsAlert, _): self = .reset
        case (.fin, _): self = .fin
        case (.timeout, _): self = .timeout
        case (.captureEnd, _): self = .open
        }
    }

    /// Its place in the order of badness: 0 is the worst.
    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Whether a close code names an error: one of RFC 6455 7.4.1 other than a normal closure and "going away".
    private static func isError(_ code: CloseCode?) -> Bool {
        guard let code else { return false }
        return code.rawValue < 1000 || (1002..<3000).contains(code.rawValue) || code.rawValue > 4999
    }
}

/// What the sessions of a group of ``EndingTable`` have in common beside the verdict: where they were, and for how long
/// they were silent.
struct EndingPlaces {
    /// The most places of a group that are told apart.
    static let maximumPlaces = 32
    /// The most that are listed.
    static let shownPlaces = 5

    private var counts: [String: UInt64] = [:]
    private var others: UInt64 = 0
    /// The shortest and the longest silence before the end, in nanoseconds.
    private(set) var silence: ClosedRange<Int64>?

    mutating func record(server: String, path: String, silence time: Int64?) {
        let place = path.isEmpty ? server : "\(server) \(path)"
        if counts[place] != nil || counts.count < Self.maximumPlaces {
            counts[place, default: 0] += 1
        } else {
            others += 1
        }
        guard let time else { return }
        silence = min(silence?.lowerBound ?? time, time)...max(silence?.upperBound ?? time, time)
    }

    /// Servers and paths with their numbers of sessions, the most frequent first, and how many sessions were elsewhere.
    var listed: (places: [(place: String, count: UInt64)], others: UInt64) {
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = sorted.prefix(Self.shownPlaces)
        let rest = sorted.dropFirst(Self.shownPlaces).reduce(others) { $0 + $1.value }
        return (shown.map { ($0.key, $0.value) }, rest)
    }

    /// ", after 1.200 s of silence", or a range; empty below a millisecond, as in a verdict.
    var silenceText: String {
        guard let silence, silence.upperBound >= 1_000_000 else { return "" }
        let (low, high) = (Quantity.seconds(silence.lowerBound), Quantity.seconds(silence.upperBound))
        return low == high ? ", after \(low) of silence" : ", after \(low) to \(high) of silence"
    }
}

extension SessionEnd {
    /// When the session was over, in nanoseconds since the capture's first packet: when an end was closed, else the
    /// connection's last packet; the capture's end if it was not over.
    ///
    /// - Parameters:
    ///   - start: When the connection began.
    ///   - now: When the capture ended.
    /// - Returns: The time.
    func endElapsed(start: Int64, now: Int64) -> Int64 {
        if verdict.layer == .captureEnd { return now }
        let closed = (clientReadyStates + serverReadyStates).filter { $0.state == .closed }.map(\.elapsed)
        let (last, isOverflow) = start.addingReportingOverflow(duration)
        return closed.min() ?? (isOverflow ? now : last)
    }
}
