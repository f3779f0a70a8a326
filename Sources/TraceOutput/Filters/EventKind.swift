import CaptureAnalysis

/// The kinds of events by their names in the trace.
public enum EventKind: String, Hashable, Sendable, CaseIterable {
    case capture, connection, handshake, frame, message, gap, resync, delivery, finding, end, summary

    /// A word that names no kind.
    public struct UnknownEvent: Error, Hashable, Sendable {
        /// The word.
        public let word: String
    }

    /// Reads a list such as "message,end".
    public static func set(list: String) throws(UnknownEvent) -> Set<EventKind> {
        var kinds: Set<EventKind> = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = EventKind(rawValue: String(word)) else { throw UnknownEvent(word: String(word)) }
            kinds.insert(kind)
        }
        return kinds
    }

    /// The kind of an event.
    ///
    /// A TCP segment, which no trace holds, belongs to its connection.
    init(_ event: borrowing Event) {
        self =
            switch event {
            case .capture: .capture
            case .connection, .segment: .connection
            case .handshake: .handshake
            case .frame: .frame
            case .message: .message
            case .gap: .gap
            case .resync: .resync
            case .delivery: .delivery
            case .finding: .finding
            case .end: .end
            case .summary: .summary
            }
    }
}
