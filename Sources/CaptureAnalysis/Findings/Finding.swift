public import WebSocketProtocol
public import WireFormat

/// Something worth knowing: a broken rule, a limit reached, an anomaly.
public struct Finding: Hashable, Sendable {
    /// How much it matters.
    public enum Severity: String, Sendable, CaseIterable, Comparable {
        /// Worth knowing.
        case note
        /// Probably wrong, or details were lost.
        case warning
        /// A protocol rule is broken.
        case error

        /// Orders by importance.
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
    /// The document that states the rule, such as "RFC 6455 5.1".
    public var reference: String
    /// One sentence for a person.
    public var text: String
    /// The end that caused it; nil if neither did.
    public var from: Role?
    /// The offset in that end's stream, in bytes from the first; nil if it concerns no place in a stream.
    public var streamOffset: UInt64?
    /// The 0-based number of the frame in its direction; nil if it concerns no frame.
    public var frameIndex: UInt64? = nil
    /// The packet where it happened, if it is reported later, once it is certain.
    public var origin: Origin? = nil
}

extension Finding {
    /// Creates a finding.
    ///
    /// - Parameters:
    ///   - rule: The rule that it concerns.
    ///   - values: The values for each `{…}` of the rule's text, in order.
    ///   - role: The end that caused it.
    ///   - streamOffset: The offset in that end's stream.
    ///   - frameIndex: The 0-based number of the frame in its direction.
    ///   - origin: The packet where it happened, if it is reported later.
    init(
        _ rule: Rule, _ values: String..., from role: Role?, at streamOffset: UInt64? = nil,
        frame frameIndex: UInt64? = nil, origin: Origin? = nil
    ) {
        self.init(
            rule: rule.id, severity: rule.severity, reference: rule.reference, text: rule.text(filledWith: values),
            from: role, streamOffset: streamOffset, frameIndex: frameIndex, origin: origin)
    }

    /// Formats a duration for a finding's text, such as "62.0" for 62 ms.
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
    /// Whether the finding is that an end writes frame lengths in a way that RFC 6455 does not define.
    package var isOfMisreadLengths: Bool {
        rule == Rule(Observation.lengthByteOrder).id || rule == Rule(Observation.lengthForm).id
    }
}
