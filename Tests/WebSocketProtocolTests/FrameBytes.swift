import TestSupport
import WebSocketProtocol

/// A frame as its sender puts it on the wire: a deliberately simple encoder (RFC 6455 5.2).
struct FrameBytes {
    /// The form of the length.
    enum LengthForm: CaseIterable {
        case shortest, sixteenBits, sixtyFourBits
    }

    var opcode: Opcode
    var payload: [UInt8]
    var fin = true
    /// RSV1, RSV2 and RSV3; RSV1 is the highest of three bits.
    var reserved: UInt8 = 0
    var key: UInt32?
    var form = LengthForm.shortest
    /// The length that the header claims, if it differs from the payload's.
    var claimed: UInt64?

    init(
        _ opcode: Opcode, _ payload: [UInt8] = [], fin: Bool = true, reserved: UInt8 = 0, key: UInt32? = nil,
        form: LengthForm = .shortest, claimed: UInt64? = nil
    ) {
        self.opcode = opcode
        self.payload = payload
        self.fin = fin
        self.reserved = reserved
        self.key = key
        self.form = form
        self.claimed = claimed
    }

    init(_ opcode: Opcode, _ text: String, fin: Bool = true, reserved: UInt8 = 0, key: UInt32? = nil) {
        self.init(opcode, Array(text.utf8), fin: fin, reserved: reserved, key: key)
    }

    /// The header alone.
    var header: [UInt8] {
        let length = claimed ?? UInt64(payload.count)
        let mask: UInt8 = key == nil ? 0 : 0x80
        var bytes = [(fin ? 0x80 : 0) | reserved << 4 | opcode.rawValue]
        switch form {
        case .sixtyFourBits: bytes += [mask | 127] + length.bigEndianBytes
        case .sixteenBits: bytes += [mask | 126] + UInt16(length).bigEndianBytes
        case .shortest where length > 65535: bytes += [mask | 127] + length.bigEndianBytes
        case .shortest where length > 125: bytes += [mask | 126] + UInt16(length).bigEndianBytes
        case .shortest: bytes += [mask | UInt8(length)]
        }
        return bytes + (key?.bigEndianBytes ?? [])
    }

    /// The header and the payload.
    var bytes: [UInt8] {
        guard let key = key?.bigEndianBytes else { return header + payload }
        return header + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }
}

extension [UInt8] {
    /// The bytes that hexadecimal digits stand for; spaces are skipped.
    init(hex: String) {
        let digits = hex.compactMap(\.hexDigitValue)
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
