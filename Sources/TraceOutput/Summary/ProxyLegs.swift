import CaptureAnalysis
import WireFormat

/// Finds sessions that are the two legs of one proxied session: a proxy passes the client's Sec-WebSocket-Key on.
///
/// A key alone is no proof, since some clients always send the same. The proxy's own upgrade must also lie within the
/// client's: asked for after it, answered before it.
struct ProxyLegs {
    /// The most keys that are kept: the first.
    static let maximumKeys = 1 << 16

    /// The latest session with each key, and when it was asked for.
    private var latest: [String: (session: SessionID, request: Int64)] = [:]

    /// Records an upgrade that was answered.
    ///
    /// - Returns: The leg behind the proxy, if this is the one before it.
    mutating func inner(of handshake: borrowing Handshake, session: SessionID) -> SessionID? {
        guard handshake.isAccepted, let key = Self.key(handshake.requestHeader) else { return nil }
        let (request, known) = (handshake.requestElapsed, latest[key])
        if known != nil || latest.count < Self.maximumKeys { latest[key] = (session, request) }
        guard let known, known.session != session, known.request >= request else { return nil }
        return known.session
    }

    private static func key(_ fields: borrowing HTTPFields) -> String? {
        var key: String?
        fields.forEach { name, value in
            guard key == nil, name.equals("sec-websocket-key") else { return }
            key = unsafe value.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        }
        return key
    }
}

extension Span<UInt8> {
    /// Whether the bytes are this ASCII text in lower case, ignoring their own case.
    fileprivate func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in indices {
            let byte = self[index]
            let lower = 0x41...0x5a ~= byte ? byte | 0x20 : byte
            guard unsafe lower == text.utf8Start[index] else { return false }
        }
        return true
    }
}
