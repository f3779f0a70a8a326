import WireFormat

/// What a host does with the options of an IPv4 header.
package enum NetworkOptions: Hashable, Sendable {
    /// It accepts the packet.
    case accepted
    /// It refuses the packet for a loose or strict source route (RFC 791 3.1).
    case sourceRoute
    /// It refuses the packet because an option is invalid (RFC 1122 3.2.1.8).
    case invalid
}

extension TCPSegment {
    /// What Linux does with the options of the innermost IPv4 header (RFC 791 3.1), as far as the packet alone decides.
    ///
    /// - Parameter bytes: What the segment was found in.
    /// - Returns: Whether it refuses them, and why.
    package func ipv4Options(in bytes: Span<UInt8>) -> NetworkOptions {
        guard !source.address.isIPv6, let start = networkHeader(in: bytes) else { return .accepted }
        let end = start &+ Int(bytes[start] & 0x0f) &* 4
        guard end > start &+ 20, end <= bytes.count else { return .accepted }
        return NetworkOptions(ipv4: bytes.extracting((start &+ 20)..<end))
    }
}

extension NetworkOptions {
    /// What Linux does with the options of an IPv4 header.
    init(ipv4 options: Span<UInt8>) {
        self = Self.judge(options)
    }

    private static func judge(_ options: Span<UInt8>) -> NetworkOptions {
        var rest = options
        var hasRoute = false
        var hasTimestamp = false
        while rest.count > 0, rest[0] != 0 {
            if rest[0] == 1 {
                rest = rest.extracting(droppingFirst: 1)
                continue
            }
            if rest[0] == 131 || rest[0] == 137 { return .sourceRoute }
            guard rest.count >= 2, rest[1] >= 2, Int(rest[1]) <= rest.count else { return .invalid }
            let option = rest.extracting(first: Int(rest[1]))
            switch option[0] {
            case 7:
                guard !hasRoute, isRecordRoute(option) else { return .invalid }
                hasRoute = true
            case 68:
                guard !hasTimestamp, isTimestamp(option) else { return .invalid }
                hasTimestamp = true
            // Router alert (RFC 2113).
            case 148:
                guard option.count >= 4 else { return .invalid }
            // CIPSO: only where labels are configured.
            case 134: return .invalid
            default: break
            }
            rest = rest.extracting(droppingFirst: option.count)
        }
        return .accepted
    }

    /// Whether a record route has room for a whole address, or is full.
    private static func isRecordRoute(_ option: Span<UInt8>) -> Bool {
        guard option.count >= 3, option[2] >= 4 else { return false }
        return Int(option[2]) > option.count || Int(option[2]) &+ 3 <= option.count
    }

    /// Whether an Internet Timestamp has room for a whole entry, or counts the entries that it has no room for.
    private static func isTimestamp(_ option: Span<UInt8>) -> Bool {
        guard option.count >= 4, option[2] >= 5 else { return false }
        let (next, kind) = (Int(option[2]), option[3] & 0x0f)
        // Routers on the path fill the room that there is, so a full count overflows.
        if kind != 3, option[3] >> 4 == 15 { return false }
        guard next <= option.count else { return true }
        switch kind {
        case 0: return next &+ 3 <= option.count
        case 1, 3: return next &+ 7 <= option.count
        default: return true
        }
    }
}
