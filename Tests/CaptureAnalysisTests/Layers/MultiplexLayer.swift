import CaptureAnalysis
import TestSupport
import WireFormat

/// A toy HTTP/2: each direction is a marker, then chunks that consist of a stream number, a length of two bytes, and
/// bytes; a chunk of length 0 ends its stream.
final class MultiplexLayer: StreamLayer {
    static let marker: UInt8 = 0xe6

    private struct Side {
        var hasBegun = false
        var header: [UInt8] = []
        var remaining = 0
    }

    private var sides: [Direction: Side] = [:]

    var cost: Int { 0 }

    func receive(_ bytes: Span<UInt8>, at place: StreamPlace, into output: inout LayerOutput) {
        var side = sides[place.direction] ?? Side()
        var offset = 0
        while offset < bytes.count {
            if !side.hasBegun {
                side.hasBegun = true
                offset += 1
            } else if side.remaining == 0 {
                side.header.append(bytes[offset])
                offset += 1
                guard side.header.count == 3 else { continue }
                side.remaining = Int(side.header[1]) << 8 | Int(side.header[2])
                guard side.remaining == 0 else { continue }
                output.end(UInt64(side.header[0]), at: place)
                side.header = []
            } else {
                // The available part of a chunk is passed on at once.
                let part = offset..<min(bytes.count, offset + side.remaining)
                output.append(
                    bytes.extracting(part), to: UInt64(side.header[0]), completedAt: place,
                    carrier: place.carrier(of: part, outOf: bytes.count))
                side.remaining -= part.count
                offset = part.upperBound
                if side.remaining == 0 { side.header = [] }
            }
        }
        sides[place.direction] = side
    }

    func skip(_ length: UInt64?, at place: StreamPlace, into output: inout LayerOutput) {
        guard var side = sides[place.direction], let length, side.remaining > 0, length <= UInt64(side.remaining) else {
            return
        }
        output.appendGap(length, in: UInt64(side.header[0]), shownAt: place, carrier: place.carrier)
        side.remaining -= Int(length)
        if side.remaining == 0 { side.header = [] }
        sides[place.direction] = side
    }

    /// A chunk of a stream.
    static func chunk(_ bytes: [UInt8], of stream: UInt8) -> [UInt8] {
        [stream, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff)] + bytes
    }

    struct Provider: StreamLayerProvider {
        func layer(for offer: LayerOffer, startingWith bytes: Span<UInt8>) -> (any StreamLayer)? {
            guard case .firstBytes = offer.moment, bytes[0] == marker else { return nil }
            return MultiplexLayer()
        }
    }
}
