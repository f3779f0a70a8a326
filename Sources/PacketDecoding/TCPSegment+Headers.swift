import WireFormat

/// Header fields that are needed for few segments.
extension TCPSegment {
    /// A segment's TCP options (RFC 9293 3.2), apart from the window scale.
    package struct Options: Sendable {
        /// The sender's timestamp (RFC 7323 3.2); nil if it has none.
        package var timestamp: UInt32?
        /// The other end's timestamp that it echoes; nil if it has none.
        package var echo: UInt32?
        /// Whether it is signed with TCP MD5 (RFC 2385).
        package var isSigned = false
        /// Whether an option that Linux examines has an impossible length.
        ///
        /// Linux examines options as long as there is room for a signature.
        package var isMalformed = false
    }

    /// The options; those after one that overruns the header are left out.
    ///
    /// - Parameter bytes: What the segment was found in.
    /// - Returns: The options.
    package func options(in bytes: Span<UInt8>) -> Options {
        var options = Options()
        let start = payload.lowerBound &- Int(headerLength) &+ 20
        guard headerLength > 20, start >= 0, payload.lowerBound <= bytes.count else { return options }
        var cursor = ByteCursor(bytes.extracting(start..<payload.lowerBound))
        while let kind = cursor.readUInt8(), kind != 0 {
            if kind == 1 { continue }
            let hasRoom = cursor.count &+ 1 >= Self.signatureLength
            guard let length = cursor.readUInt8(), length >= 2, Int(length) &- 2 <= cursor.count else {
                options.isMalformed = hasRoom
                break
            }
            if kind == 8, length == 10 {
                options.timestamp = cursor.readUInt32()
                options.echo = cursor.readUInt32()
                continue
            }
            if kind == 19, hasRoom {
                options.isSigned = true
                options.isMalformed = options.isMalformed || length != Self.signatureLength
            }
            cursor.skip(Int(length) &- 2)
        }
        return options
    }

    /// The length of a TCP MD5 option (RFC 2385 2.0).
    private static let signatureLength = 18

    /// The urgent pointer (RFC 9293 3.1); valid only with `urg` in `flags`.
    ///
    /// - Parameter bytes: What the segment was found in.
    /// - Returns: nil if the header lies outside of `bytes`.
    package func urgentPointer(in bytes: Span<UInt8>) -> UInt16? {
        let start = payload.lowerBound &- Int(headerLength)
        return start >= 0 && start &+ 20 <= bytes.count ? bytes.bigEndianUInt16(at: start &+ 18) : nil
    }

    /// Whether ``networkHeader(in:)`` cannot find the IP header because it has no length (TSO).
    package var hasUnusualNetworkHeader: Bool { networkHeaderWords == .max }

    /// The identification of the innermost IPv4 header (RFC 791 3.2); 0 for IPv6.
    ///
    /// - Parameter bytes: What the segment was found in.
    /// - Returns: The number; 0 if the header is out of reach.
    package func identification(in bytes: Span<UInt8>) -> UInt16 {
        guard !source.address.isIPv6, let start = networkHeader(in: bytes) else { return 0 }
        return bytes.bigEndianUInt16(at: start &+ 4)
    }
}
