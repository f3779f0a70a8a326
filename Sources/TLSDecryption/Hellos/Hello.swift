import WireFormat

/// What a ClientHello says (RFC 8446 4.1.2).
struct ClientHello: Sendable {
    let random: Random
    let sessionID: [UInt8]
    /// The server that the client asks for (RFC 6066 3); nil if it names none.
    let serverName: String?
    /// The application protocols that it offers (RFC 7301), the first few.
    let protocols: [String]
    /// Whether data follows before the server has answered (RFC 8446 4.2.10).
    let hasEarlyData: Bool
    /// Whether the true hello is encrypted in it (ECH); of ``serverName``, only the front is seen then.
    let hasEncryptedHello: Bool

    /// Reads the body of the handshake message; nil if it is malformed.
    init?(_ body: Span<UInt8>) {
        var cursor = ByteCursor(body)
        guard cursor.readUInt16() != nil, let random = Random(cursor.take(atMost: Random.size)),
            let sessionLength = cursor.readUInt8(), cursor.count >= Int(sessionLength)
        else { return nil }
        self.random = random
        sessionID = Array(copying: cursor.take(atMost: Int(sessionLength)))
        guard let suitesLength = cursor.readUInt16(), cursor.count >= Int(suitesLength) else { return nil }
        cursor.skip(Int(suitesLength))
        guard let methods = cursor.readUInt8(), cursor.count >= Int(methods) else { return nil }
        cursor.skip(Int(methods))
        var serverName: String?
        var protocols: [String] = []
        var (hasEarlyData, hasEncryptedHello) = (false, false)
        Extensions.read(&cursor) { type, data in
            switch type {
            case .serverName: serverName = Extensions.serverName(data)
            case .protocols: protocols = Extensions.protocols(data)
            case .earlyData: hasEarlyData = true
            case .encryptedClientHello: hasEncryptedHello = true
            default: break
            }
        }
        self.serverName = serverName
        self.protocols = protocols
        self.hasEarlyData = hasEarlyData
        self.hasEncryptedHello = hasEncryptedHello
    }
}

/// What a ServerHello says (RFC 8446 4.1.3).
struct ServerHello: Sendable {
    let version: TLSVersion
    let random: Random
    let sessionID: [UInt8]
    let suite: CipherSuite
    /// The application protocol that it chose; in TLS 1.3 that is encrypted.
    let selectedProtocol: String?
    /// Whether it took up the PSK that the client offered.
    let usesPSK: Bool
    let encryptsThenAuthenticates: Bool
    /// Whether records are compressed, which only the versions before 1.3 can.
    let compresses: Bool

    /// Whether it is a HelloRetryRequest: the client is to send another hello, and no keys follow.
    let isRetry: Bool

    /// SHA-256 of "HelloRetryRequest".
    private static let retryRandom: [UInt8] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2,
        0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    ]

    /// Reads the body of the handshake message; nil if it is malformed.
    init?(_ body: Span<UInt8>) {
        var cursor = ByteCursor(body)
        guard let legacyVersion = cursor.readUInt16(), let random = Random(cursor.take(atMost: Random.size)),
            let sessionLength = cursor.readUInt8(), cursor.count >= Int(sessionLength)
        else { return nil }
        self.random = random
        isRetry = random.bytes == Self.retryRandom
        sessionID = Array(copying: cursor.take(atMost: Int(sessionLength)))
        guard let code = cursor.readUInt16(), let compression = cursor.readUInt8() else { return nil }
        suite = CipherSuite(code)
        compresses = compression != 0
        var version = TLSVersion(rawValue: legacyVersion)
        var selectedProtocol: String?
        var (usesPSK, encryptsThenAuthenticates) = (false, false)
        Extensions.read(&cursor) { type, data in
            switch type {
            case .supportedVersions where data.count == 2:
                version = TLSVersion(rawValue: data.bigEndianUInt16(at: 0))
            case .protocols: selectedProtocol = Extensions.protocols(data).first
            case .preSharedKey: usesPSK = true
            case .encryptThenMAC: encryptsThenAuthenticates = true
            default: break
            }
        }
        self.version = version
        self.selectedProtocol = selectedProtocol
        self.usesPSK = usesPSK
        self.encryptsThenAuthenticates = encryptsThenAuthenticates
    }
}

/// What EncryptedExtensions says (RFC 8446 4.3.1).
struct EncryptedExtensions: Sendable {
    let selectedProtocol: String?
    let acceptsEarlyData: Bool

    init(_ body: Span<UInt8>) {
        var cursor = ByteCursor(body)
        var selectedProtocol: String?
        var acceptsEarlyData = false
        Extensions.read(&cursor) { type, data in
            switch type {
            case .protocols: selectedProtocol = Extensions.protocols(data).first
            case .earlyData: acceptsEarlyData = true
            default: break
            }
        }
        self.selectedProtocol = selectedProtocol
        self.acceptsEarlyData = acceptsEarlyData
    }
}

/// The extensions of hellos (IANA, "TLS ExtensionType Values").
enum Extensions {
    struct Kind: RawRepresentable, Equatable {
        let rawValue: UInt16

        static let serverName = Kind(rawValue: 0)
        static let protocols = Kind(rawValue: 16)
        static let encryptThenMAC = Kind(rawValue: 22)
        static let preSharedKey = Kind(rawValue: 41)
        static let earlyData = Kind(rawValue: 42)
        static let supportedVersions = Kind(rawValue: 43)
        static let encryptedClientHello = Kind(rawValue: 0xfe0d)
    }

    /// Reads a list of extensions; what is malformed ends it.
    static func read(_ cursor: inout ByteCursor, _ take: (Kind, Span<UInt8>) -> Void) {
        guard let length = cursor.readUInt16() else { return }
        var list = ByteCursor(cursor.take(atMost: Int(length)))
        while let kind = list.readUInt16(), let size = list.readUInt16(), list.count >= Int(size) {
            take(Kind(rawValue: kind), list.take(atMost: Int(size)))
        }
    }

    /// The first host name (RFC 6066 3).
    static func serverName(_ data: Span<UInt8>) -> String? {
        var cursor = ByteCursor(data)
        guard cursor.readUInt16() != nil else { return nil }
        while let kind = cursor.readUInt8(), let length = cursor.readUInt16(), cursor.count >= Int(length) {
            let name = cursor.take(atMost: Int(length))
            if kind == 0 { return text(name) }
        }
        return nil
    }

    /// The first names of a list of application protocols; a server's list has one (RFC 7301 3.1).
    static func protocols(_ data: Span<UInt8>) -> [String] {
        var cursor = ByteCursor(data)
        guard cursor.readUInt16() != nil else { return [] }
        var names: [String] = []
        while names.count < protocolLimit, let length = cursor.readUInt8(), cursor.count >= Int(length) {
            names.append(text(cursor.take(atMost: Int(length))))
        }
        return names
    }

    /// The most names of application protocols that are kept.
    private static let protocolLimit = 4

    /// Bytes of a peer, which may be hostile, as text: at most 255 of them.
    private static func text(_ bytes: Span<UInt8>) -> String {
        bytes.string(0..<min(255, bytes.count))
    }
}
