import WireFormat

/// The body of a Close frame (RFC 6455 5.5.1).
public struct CloseBody: Hashable, Sendable {
    /// The code; nil when the body has fewer than two bytes.
    public var code: CloseCode?
    /// The reason; empty when there is none, nil when it is not UTF-8.
    public var reason: String?

    /// Makes a body.
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
