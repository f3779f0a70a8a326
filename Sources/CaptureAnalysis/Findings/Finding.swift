public import WebSocketProtocol

/// Something a person should know: a rule broken, a limit reached, a thing out of the ordinary.
public struct Finding: Sendable {
    /// How much it matters.
    public enum Severity: String, Sendable, CaseIterable, Comparable {
        /// Good to know.
        case note
        /// Probably wrong, or detail was lost.
        case warning
        /// A rule of the protocol is broken.
        case error

        /// Orders by how much it matters.
        public static func < (left: Severity, right: Severity) -> Bool {
            left.rank < right.rank
        }

        private var rank: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .error: 2
            }
        }
    }

    /// The stable name of the rule, such as "masking.client-unmasked".
    public var rule: String
    /// How much it matters.
    public var severity: Severity
    /// Where the rule is written, such as "RFC 6455 5.1".
    public var reference: String
    /// One sentence for a person.
    public var text: String
    /// Which end did it; nil if neither did.
    public var from: Role?
    /// The offset in that end's stream; nil if it has none.
    public var streamOffset: UInt64?
    /// The 0-based number of the frame in its direction; nil if it is about none.
    public var frameIndex: UInt64? = nil
}
