import WireFormat

/// The body of a Close frame (RFC 6455 5.5.1).
public struct CloseBody: Hashable, Sendable {
    /// The code; nil if the body has fewer than two bytes.
    public var code: CloseCode?
    /// The reason; empty if there is none, nil if it is not UTF-8.
    public var reason: String?

    /// Creates a body.
    public init(code: CloseCode?, reason: String?) {
        self.code = code
        self.reason = reason
    }

    /// Reads a body.
    public init(_ payload: Span<UInt8>) {
        guard payload.count >= 2 else {
            code = nil
            reason = ""
            return
        }
        code = CloseCode(rawValue: payload.bigEndianUInt16(at: 0))
        do {
            reason = String(copying: try UTF8Span(validating: payload.extracting(2...)))
        } catch {
            reason = nil
        }
    }
}

/// The status code of a Close frame, or one that is only reported to applications (RFC 6455 7.4).
///
/// It can hold any 16-bit value.
public struct CloseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number.
    public let rawValue: UInt16

    /// Creates a code from its number.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    // IANA's registry of WebSocket close code numbers.

    /// The connection served its purpose.
    public static let normalClosure = CloseCode(rawValue: 1000)
    /// The endpoint is going away.
    public static let goingAway = CloseCode(rawValue: 1001)
    /// A protocol error.
    public static let protocolError = CloseCode(rawValue: 1002)
    /// A kind of data that cannot be accepted.
    public static let unsupportedData = CloseCode(rawValue: 1003)
    /// Reported to applications if a Close frame had no code; never on the wire.
    public static let noStatusReceived = CloseCode(rawValue: 1005)
    /// Reported to applications if there was no Close frame; never on the wire.
    public static let abnormalClosure = CloseCode(rawValue: 1006)
    /// A payload that contradicts its type, such as text that is not UTF-8.
    public static let invalidFramePayloadData = CloseCode(rawValue: 1007)
    /// A message that violates the endpoint's policy.
    public static let policyViolation = CloseCode(rawValue: 1008)
    /// A message too big to process.
    public static let messageTooBig = CloseCode(rawValue: 1009)
    /// The client needs an extension that the server did not negotiate.
    public static let mandatoryExtension = CloseCode(rawValue: 1010)
    /// An unexpected condition at the server.
    public static let internalError = CloseCode(rawValue: 1011)
    /// The service is restarting.
    public static let serviceRestart = CloseCode(rawValue: 1012)
    /// The service is overloaded.
    public static let tryAgainLater = CloseCode(rawValue: 1013)
    /// A gateway received an invalid response from its upstream.
    public static let badGateway = CloseCode(rawValue: 1014)
    /// Reported to applications if the TLS handshake failed; never on the wire.
    public static let tlsHandshake = CloseCode(rawValue: 1015)

    /// The number and the name: "1000 normal closure".
    public var description: String { "\(rawValue) \(name)" }

    /// IANA's name in lower case ("normal closure"), the meaning of the range (3000 to 4999), or "unassigned".
    public var name: String {
        switch rawValue {
        case 1000: "normal closure"
        case 1001: "going away"
        case 1002: "protocol error"
        case 1003: "unsupported data"
        case 1004: "reserved"
        case 1005: "no status rcvd"
        case 1006: "abnormal closure"
        case 1007: "invalid frame payload data"
        case 1008: "policy violation"
        case 1009: "message too big"
        case 1010: "mandatory ext."
        case 1011: "internal error"
        case 1012: "service restart"
        case 1013: "try again later"
        case 1014: "bad gateway"
        case 1015: "tls handshake"
        case 3000: "unauthorized"
        case 3003: "forbidden"
        case 3008: "timeout"
        case 3000...3999: "registered use"
        case 4000...4999: "private use"
        default: "unassigned"
        }
    }

    /// Whether an endpoint may send the code in a Close frame (RFC 6455 7.4.1, 7.4.2 and IANA's registry).
    public var mayBeSent: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
