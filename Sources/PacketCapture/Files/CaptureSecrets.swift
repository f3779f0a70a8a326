/// The contents of a Decryption Secrets Block of a pcapng file (draft-ietf-opsawg-pcapng 4.7).
public struct CaptureSecrets: Hashable, Sendable {
    /// The kind of secrets, as registered in section 10.2.
    public let type: UInt32
    /// The secrets as stored in the file.
    public let bytes: [UInt8]

    /// Their memory in bytes, with an overhead for each block, since a file may hold them one by one.
    var cost: Int { bytes.count &+ 128 }

    /// Creates secrets.
    package init(type: UInt32, bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
    }

    /// The ``type`` of a TLS key log.
    package static let keyLog: UInt32 = 0x544C_534B

    /// Whether a file that begins with these four bytes may hold secrets: it is pcapng, or compressed and may be
    /// pcapng.
    package static func mayBe(inFileThatBeginsWith magic: [UInt8]) -> Bool {
        switch FileFormat(magic: magic) {
        case .pcapng, .compressed, .skippableFrame: true
        case .pcap, .unknown: false
        }
    }
}

/// The secrets found in captures, up to a bound on their memory.
struct KeptSecrets {
    /// The most bytes that they may take, by ``CaptureSecrets/cost``.
    static let capacity = 16 << 20

    /// Those that were not taken yet, in the order in which they were found.
    private(set) var kept: [CaptureSecrets] = []
    /// Whether some were dropped for lack of room.
    private(set) var hasDropped = false
    /// The cost of all of them, including those that were taken.
    private var cost = 0

    /// Keeps secrets if there is room.
    ///
    /// - Returns: Whether they were kept.
    mutating func keep(_ secrets: CaptureSecrets) -> Bool {
        guard secrets.cost <= Self.capacity &- cost else {
            hasDropped = true
            return false
        }
        cost &+= secrets.cost
        kept.append(secrets)
        return true
    }

    /// Returns those that were not taken yet; their cost stays counted.
    mutating func takeAll() -> [CaptureSecrets] {
        defer { kept = [] }
        return kept
    }
}
