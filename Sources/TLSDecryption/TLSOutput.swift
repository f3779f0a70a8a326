package import WireFormat

/// Where bytes of a connection stand that a record was read from.
package struct RecordPlace: Hashable, Sendable {
    package var direction: Direction
    /// The packet that completed them.
    package var origin: Origin
    /// The bytes of the carrying stream.
    package var carrier: Range<UInt64>
    /// How far the other end has acknowledged the carrying stream.
    package var acknowledged: UInt64

    package init(direction: Direction, origin: Origin, carrier: Range<UInt64>, acknowledged: UInt64 = 0) {
        self.direction = direction
        self.origin = origin
        self.carrier = carrier
        self.acknowledged = acknowledged
    }

    /// The carrying bytes of some of these; all of them if they cannot be told apart.
    func part(_ part: Range<Int>, outOf count: Int) -> Range<UInt64> {
        guard carrier.upperBound &- carrier.lowerBound == UInt64(count) else { return carrier }
        return (carrier.lowerBound &+ UInt64(part.lowerBound))..<(carrier.lowerBound &+ UInt64(part.upperBound))
    }
}

/// What a ``TLSReader`` has made of bytes, in order.
package struct TLSOutput: Sendable {
    package struct Piece: Sendable {
        package enum Content: Hashable, Sendable {
            /// Plaintext of the application, as a range of ``TLSOutput/bytes``.
            case plaintext(Range<Int>)
            /// This many bytes of plaintext are lost; nil if that is not known.
            case gap(UInt64?)
            case alert(TLSAlert)
            case problem(TLSProblem)
        }

        package var place: RecordPlace
        package var content: Content
    }

    package var pieces: [Piece] = []
    /// The plaintext of all pieces.
    package var bytes: [UInt8] = []

    package init() {}

    mutating func append(_ content: Piece.Content, at place: RecordPlace) {
        pieces.append(Piece(place: place, content: content))
    }
}

/// What a person should know of a connection's records.
package enum TLSProblem: Hashable, Sendable {
    /// A record is not genuine, or was changed on its way: its bytes are lost.
    case badRecord
    /// The key log has secrets of this connection, but they do not fit, in one direction or both; reported once.
    case wrongSecret
    /// The key log has the secrets of the other end, and none for what this one sends, or for the rest of it.
    case noSecret
    /// Renegotiation (RFC 5246 7.4.1.1): nothing is decrypted from here on.
    case renegotiation
    /// After lost bytes, no further record was found within the bounds.
    case lost
}

/// An alert (RFC 8446 6).
package struct TLSAlert: Hashable, Sendable {
    package let isFatal: Bool
    package let code: UInt8

    package init(isFatal: Bool, code: UInt8) {
        self.isFatal = isFatal
        self.code = code
    }

    /// Whether it only says that nothing more will be sent (RFC 8446 6.1).
    package var isCloseNotify: Bool { code == 0 }

    /// The name of the RFC, "handshake_failure".
    package var name: String { Self.names[code] ?? "alert \(code)" }

    private static let names: [UInt8: String] = [
        0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed",
        22: "record_overflow", 30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate",
        42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
        46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
        51: "decrypt_error", 60: "export_restriction", 70: "protocol_version", 71: "insufficient_security",
        80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation",
        109: "missing_extension", 110: "unsupported_extension", 111: "certificate_unobtainable",
        112: "unrecognized_name", 113: "bad_certificate_status_response", 114: "bad_certificate_hash_value",
        115: "unknown_psk_identity", 116: "certificate_required", 120: "no_application_protocol",
        121: "ech_required",
    ]
}
