import WireFormat

/// Puts handshake messages together, which records cut anywhere (RFC 8446 5.1).
struct MessageCollector: Sendable {
    /// A type of handshake message (RFC 8446 4).
    struct Kind: RawRepresentable, Equatable, Sendable {
        let rawValue: UInt8

        static let clientHello = Kind(rawValue: 1)
        static let serverHello = Kind(rawValue: 2)
        static let endOfEarlyData = Kind(rawValue: 5)
        static let encryptedExtensions = Kind(rawValue: 8)
        static let finished = Kind(rawValue: 20)
        static let keyUpdate = Kind(rawValue: 24)

        /// Whether its body is needed.
        var isRead: Bool {
            self == .clientHello || self == .serverHello || self == .encryptedExtensions || self == .keyUpdate
        }
    }

    /// A message whose end has come.
    struct Message {
        var kind: Kind
        /// Its body; empty if it is not needed, or too long.
        var body: [UInt8]
    }

    private var kept: [UInt8] = []
    /// Bytes of the current message that are not needed and are still to come.
    private var passing = 0
    private var passingKind: Kind?
    /// Whether bytes were lost, so that nothing can be read any more.
    var isBroken = false

    private static let headerSize = 4
    /// The longest body that is kept: a ClientHello with large key shares and tickets has a few KiB.
    private static let limit = 1 << 16

    /// Whether it keeps nothing.
    var isIdle: Bool { !isBroken && passingKind == nil && kept.isEmpty }

    /// The bytes that it takes at most.
    var cost: Int { 2 &* kept.count }

    /// Reads up to the end of the next message.
    ///
    /// - Parameters:
    ///   - bytes: The bytes of records.
    ///   - offset: Where to read on; gets where the reading ended.
    /// - Returns: The message; nil if its end is not there yet.
    ///
    /// Not inlined: Swift 6.3.1 then compares with a stale `kept.count`, and no message is ever complete.
    @inline(never)
    mutating func next(_ bytes: Span<UInt8>, from offset: inout Int) -> Message? {
        guard !isBroken else {
            offset = bytes.count
            return nil
        }
        while true {
            if let kind = passingKind {
                let passed = min(passing, bytes.count &- offset)
                offset &+= passed
                passing &-= passed
                guard passing == 0 else { return nil }
                passingKind = nil
                return Message(kind: kind, body: [])
            }
            while kept.count < Self.headerSize, offset < bytes.count {
                kept.append(bytes[offset])
                offset &+= 1
            }
            guard kept.count >= Self.headerSize else { return nil }
            let kind = Kind(rawValue: kept[0])
            let length = Int(kept[1]) << 16 | Int(kept[2]) << 8 | Int(kept[3])
            guard kind.isRead, length <= Self.limit else {
                kept = []
                (passing, passingKind) = (length, kind)
                continue
            }
            let part = min(Self.headerSize &+ length &- kept.count, bytes.count &- offset)
            kept.append(copying: bytes.extracting(offset..<(offset &+ part)))
            offset &+= part
            guard kept.count == Self.headerSize &+ length else { return nil }
            defer { kept = [] }
            return Message(kind: kind, body: Array(kept.dropFirst(Self.headerSize)))
        }
    }
}
