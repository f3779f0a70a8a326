import CaptureAnalysis
import TestSupport
import WireFormat

/// A toy TLS: each stream consists of records of three bytes as at the start of a TLS handshake record, a length of two
/// bytes, and at most 16 KiB XORed with a key.
final class XORLayer: StreamLayer {
    /// The first bytes, as in TLS (RFC 8446 5.1), so that HTTP gives way to the layer.
    static let marker: [UInt8] = [0x16, 0x03, 0x03]
    static let key: UInt8 = 0x5a
    static let recordLimit = 16 << 10
    static let headerByteCount = 5

    /// A record that has begun.
    private struct Record {
        var bytes: [UInt8] = []
        /// The TCP offset of its first byte.
        var start: UInt64
        /// The number of its lost bytes.
        var lost = 0
    }

    /// The encryption that it claims to remove.
    let encryption: Encryption?
    private var records: [Direction: Record] = [:]
    /// Streams that lost the header of a record.
    private var isLost: Set<Direction> = []

    init(encryption: Encryption? = nil) {
        self.encryption = encryption
    }

    var cost: Int { records.values.reduce(0) { $0 + $1.bytes.capacity } }

    /// Splits bytes into records, and outputs every record that is whole.
    func receive(_ bytes: Span<UInt8>, at place: StreamPlace, into output: inout LayerOutput) {
        guard !isLost.contains(place.direction) else { return }
        var offset = 0
        while offset < bytes.count {
            let here = place.carrier(of: offset..<(offset + 1), outOf: bytes.count)
            var record = records[place.direction] ?? Record(start: here.lowerBound)
            let taken = min(Self.missing(of: record), bytes.count - offset)
            for index in offset..<(offset + taken) { record.bytes.append(bytes[index]) }
            offset += taken
            let end = place.carrier(of: (offset - 1)..<offset, outOf: bytes.count).upperBound
            finish(record, end: end, at: place, &output)
        }
    }

    func skip(_ length: UInt64?, at place: StreamPlace, into output: inout LayerOutput) {
        guard var record = records[place.direction], record.bytes.count >= Self.headerByteCount, let length,
            length <= UInt64(Self.missing(of: record))
        else {
            // Where the next record begins is unknown.
            records[place.direction] = nil
            isLost.insert(place.direction)
            return output.appendGap(nil, shownAt: place, carrier: place.carrier)
        }
        record.lost += Int(length)
        finish(record, end: place.carrier.upperBound, at: place, &output)
    }

    /// Keeps a record, or outputs it if it is whole.
    private func finish(_ record: Record, end: UInt64, at place: StreamPlace, _ output: inout LayerOutput) {
        guard record.bytes.count >= Self.headerByteCount, Self.missing(of: record) == 0 else {
            records[place.direction] = record
            return
        }
        records[place.direction] = nil
        let carrier = record.start..<end
        if record.lost > 0 {
            let length = record.bytes.count + record.lost - Self.headerByteCount
            return output.appendGap(UInt64(length), shownAt: place, carrier: carrier)
        }
        output.append(completedAt: place, carrier: carrier) { decoded in
            for byte in record.bytes.dropFirst(Self.headerByteCount) { decoded.append(byte ^ Self.key) }
        }
    }

    private static func missing(of record: Record) -> Int {
        guard record.bytes.count >= headerByteCount else { return headerByteCount - record.bytes.count }
        let length = Int(record.bytes[3]) << 8 | Int(record.bytes[4])
        return headerByteCount + length - record.bytes.count - record.lost
    }

    /// The records of bytes.
    static func records(_ bytes: [UInt8], of size: Int = recordLimit) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { start in
            let part = bytes[start..<min(bytes.count, start + size)]
            return marker + [UInt8(part.count >> 8), UInt8(part.count & 0xff)] + part.map { $0 ^ key }
        }
    }

    struct Provider: StreamLayerProvider {
        var encryption: Encryption?

        func layer(for offer: LayerOffer, startingWith bytes: Span<UInt8>) -> (any StreamLayer)? {
            bytes[0] == marker[0] ? XORLayer(encryption: encryption) : nil
        }
    }
}
