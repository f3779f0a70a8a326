/// A WebSocket frame for building streams, valid or not (RFC 6455 5.2).
package struct WireFrame: Sendable {
    /// FIN, the reserved bits and the opcode.
    package var firstByte: UInt8
    /// The masking key; nil for none.
    package var maskingKey: [UInt8]?
    /// The payload, unmasked.
    package var payload: [UInt8]

    /// Creates a frame as `sender` must send it: a client masks, with the key of the RFC's examples.
    ///
    /// - Parameters:
    ///   - opcode: 0 to 15.
    ///   - payload: The payload, unmasked.
    ///   - sender: Who sends it.
    ///   - fin: Whether it is the last frame of its message.
    ///   - compressed: Whether RSV1 is set.
    package init(
        _ opcode: UInt8, _ payload: [UInt8] = [], from sender: ExpectedMessage.Sender, fin: Bool = true,
        compressed: Bool = false
    ) {
        firstByte = opcode | (fin ? 0x80 : 0) | (compressed ? 0x40 : 0)
        maskingKey = sender == .client ? [0x37, 0xfa, 0x21, 0x3d] : nil
        self.payload = payload
    }

    /// A whole text message.
    package static func text(_ text: String, from sender: ExpectedMessage.Sender) -> [UInt8] {
        WireFrame(1, Array(text.utf8), from: sender).bytes
    }

    /// A Ping.
    package static func ping(_ text: String, from sender: ExpectedMessage.Sender) -> [UInt8] {
        WireFrame(9, Array(text.utf8), from: sender).bytes
    }

    /// A Pong.
    package static func pong(_ text: String, from sender: ExpectedMessage.Sender) -> [UInt8] {
        WireFrame(10, Array(text.utf8), from: sender).bytes
    }

    /// A Close frame; without a code, an empty one.
    package static func close(_ code: UInt16?, _ reason: String = "", from sender: ExpectedMessage.Sender) -> [UInt8] {
        WireFrame(8, (code?.bigEndianBytes ?? []) + Array(reason.utf8), from: sender).bytes
    }

    /// The frame on the wire, with its length in the shortest form.
    package var bytes: [UInt8] {
        let masked: UInt8 = maskingKey == nil ? 0 : 0x80
        var bytes = [firstByte]
        switch payload.count {
        case ..<126: bytes.append(masked | UInt8(payload.count))
        case ..<65536: bytes += [masked | 126] + UInt16(payload.count).bigEndianBytes
        default: bytes += [masked | 127] + UInt64(payload.count).bigEndianBytes
        }
        guard let maskingKey else { return bytes + payload }
        return bytes + maskingKey + payload.enumerated().map { $0.element ^ maskingKey[$0.offset % 4] }
    }
}
