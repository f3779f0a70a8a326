import WireFormat

/// Recognises a stream, or a message in it, by its first bytes, which may come one by one.
struct FirstBytes {
    /// What a stream may be.
    enum Kind: UInt8 {
        /// Too few bytes yet.
        case undecided
        /// A method and a space: the first line of a request (RFC 9112 3).
        case request
        /// "HTTP/": the first line of a response (RFC 9112 4).
        case response
        /// A TLS record (RFC 8446 5.1).
        case tls
        /// Version 4 of SOCKS.
        case socks4
        /// Version 5 of SOCKS (RFC 1928 3).
        case socks5
        /// None of these.
        case other
    }

    /// What undecided bytes may still turn out to be.
    private enum Candidate: UInt8 {
        case requestOrResponse, request, tls
    }

    /// What the bytes so far are.
    private(set) var kind = Kind.undecided
    private var candidate = Candidate.requestOrResponse
    private var count: UInt8 = 0

    /// The longest method accepted; registered ones have at most 17 letters.
    private static let longestMethod = 24

    /// Whether any byte has been read.
    var hasBegun: Bool { count > 0 }

    /// Reads on from `start` until the kind is known or the bytes end.
    mutating func read(_ bytes: Span<UInt8>, from start: Int) {
        var index = start
        while kind == .undecided, index < bytes.count {
            read(bytes[index])
            count += 1
            index += 1
        }
    }

    private mutating func read(_ byte: UInt8) {
        switch (candidate, byte) {
        case (.requestOrResponse, 4) where count == 0: kind = .socks4
        case (.requestOrResponse, 5) where count == 0: kind = .socks5
        // RFC 8446 5.1: any record type, since the capture may begin after the handshake.
        case (.requestOrResponse, 0x14...0x17) where count == 0: candidate = .tls
        case (.tls, _):
            if byte > Self.highestRecordHeader[Int(count)] || count == 1 && byte != 3 {
                kind = .other
            } else if count == 3 {
                kind = .tls
            }
        case (.requestOrResponse, Self.response[Int(count)]):
            if count == 4 { kind = .response }
        case (_, UInt8(ascii: " ")) where count > 0: kind = .request
        default:
            // Methods in use are capital letters, with a hyphen or an underscore in some.
            let isMethod =
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || count > 0 && (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_"))
            candidate = .request
            if !isMethod || count >= Self.longestMethod { kind = .other }
        }
    }

    /// The highest bytes of a record's type, its version (3.0 to 3.4), and the high byte of its length, which barely
    /// exceeds 2^14 (RFC 8446 5.2).
    private static let highestRecordHeader: [4 of UInt8] = [0x17, 3, 4, 0x41]
    /// "HTTP/".
    private static let response: [5 of UInt8] = [0x48, 0x54, 0x54, 0x50, 0x2f]
}
