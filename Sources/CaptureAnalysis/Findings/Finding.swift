public import WebSocketProtocol
public import WireFormat

/// Something worth knowing: a broken rule, a limit reached, an anomaly.
public struct Finding: Hashable, Sendable {
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

    /// The stable name of the rule (``Rule/id``), such as "masking.client-unmasked".
    public var rule: String
    /// How much it matters.
    public var severity: Severity
    /// Where the rule is written, such as "RFC 6455 5.1".
    public var reference: String
    /// One sentence for a person.
    public var text: String
    /// Which end did it; nil if neither did.
    public var from: Role?
    /// Where in that end's stream, in bytes from its first; nil if it is about no place in a stream.
    public var streamOffset: UInt64?
    /// The 0-based number of the frame in its direction; nil if it is about none.
    public var frameIndex: UInt64? = nil
    /// Where it happened, if that is not where it is reported: it waited for the end to be certain.
    public var origin: Origin? = nil
}

extension Finding {
    /// Creates a finding.
    ///
    /// - Parameters:
    ///   - rule: The rule it is about.
    ///   - values: What to fill in for each `{…}` of the rule's text, in order.
    ///   - role: Who did it.
    ///   - streamOffset: Where in that stream.
    ///   - frameIndex: The 0-based number of the frame in its direction.
    ///   - origin: Where it happened, if that is not where it is reported.
    init(
        _ rule: Rule, _ values: String..., from role: Role?, at streamOffset: UInt64? = nil,
        frame frameIndex: UInt64? = nil, origin: Origin? = nil
    ) {
        self.init(
            rule: rule.id, severity: rule.severity, reference: rule.reference, text: rule.text(filledWith: values),
            from: role, streamOffset: streamOffset, frameIndex: frameIndex, origin: origin)
    }

    /// A duration for a finding's text, such as "62.0" for 62 ms.
    ///
    /// - Parameter nanoseconds: The duration, of any length; not negative.
    /// - Returns: Milliseconds with one decimal.
    static func milliseconds(_ nanoseconds: Int64) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 100_000)
        let tenths = whole &+ (rest >= 50_000 ? 1 : 0)
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension Rule {
    /// The text with a value in place of each `{…}`.
    fileprivate func text(filledWith values: [String]) -> String {
        guard !values.isEmpty else { return text }
        var filled = ""
        var rest = text[...]
        for value in values {
            guard let start = rest.firstIndex(of: "{"), let end = rest[start...].firstIndex(of: "}") else { break }
            filled += rest[..<start]
            filled += value
            rest = rest[rest.index(after: end)...]
        }
        return filled + rest
    }
}

extension Finding {
    /// Whether it says that an end writes the lengths of its frames in a way that RFC 6455 does not define.
    package var isOfMisreadLengths: Bool {
        rule == Rule(Observation.lengthByteOrder).id || rule == Rule(Observation.lengthForm).id
    }
}
