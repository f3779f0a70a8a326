internal import CZlib

/// Deflates the messages of one end (RFC 7692 7.2.1) through zlib.
final class Deflater {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let takesContextOver: Bool

    /// - Parameters:
    ///   - windowBits: 9 to 15.
    ///   - takesContextOver: Whether a message may refer to those before it.
    init(windowBits: Int32, takesContextOver: Bool) {
        self.takesContextOver = takesContextOver
        stream.initialize(to: z_stream())
        let result = deflateInit2_(
            stream, 6, Z_DEFLATED, -windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "deflateInit2: \(result)")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Replaces `output` with the compressed message, without the four bytes at the end of a flush.
    func deflate(_ message: [UInt8], into output: inout [UInt8]) {
        let room = Int(deflateBound(stream, UInt(message.count))) + 64
        output.removeAll(keepingCapacity: true)
        output.append(contentsOf: repeatElement(0, count: room))
        let count = message.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.pointee.avail_in = UInt32(source.count)
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(room)
                let result = CZlib.deflate(stream, Z_SYNC_FLUSH)
                precondition(result == Z_OK && stream.pointee.avail_out > 0, "deflate: \(result)")
                return room - Int(stream.pointee.avail_out)
            }
        }
        output.removeLast(room - count + 4)
        if !takesContextOver { deflateReset(stream) }
    }
}

/// The CRC-32 of bytes.
func checksum(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBufferPointer { UInt64(crc32_z(0, $0.baseAddress, $0.count)) }
}

/// How one end compresses (RFC 7692 7.1).
struct CompressionParameters {
    let windowBits: Int32
    let takesContextOver: Bool

    init(_ random: inout SeededRandom) {
        windowBits = random.chance(0.75) ? 15 : Int32(random.number(in: 9...12))
        takesContextOver = random.chance(0.7)
    }

    var deflater: Deflater { Deflater(windowBits: windowBits, takesContextOver: takesContextOver) }

    /// What the upgrade's response says of it; `side` is "client" or "server".
    func words(_ side: String) -> String {
        (takesContextOver ? "" : "; \(side)_no_context_takeover")
            + (windowBits == 15 ? "" : "; \(side)_max_window_bits=\(windowBits)")
    }
}
