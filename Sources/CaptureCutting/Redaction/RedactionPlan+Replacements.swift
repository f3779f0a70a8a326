import CaptureAnalysis
import TraceOutput
import WebSocketProtocol
import WireFormat

/// Stores replacements where the second pass finds them.
extension RedactionPlan where Store: ~Copyable {
    mutating func put(_ bytes: [UInt8], of places: [FramePlace], in key: StreamKey) {
        var start = 0
        for place in places {
            put(Array(bytes[start..<min(start + place.length, bytes.count)]), of: place, in: key)
            start += place.length
        }
    }

    mutating func compress(
        _ bytes: [UInt8], _ original: [UInt8], toExactly count: Int, at offset: UInt64, _ id: SessionID, _ from: Role,
        _ isText: Bool
    ) -> [UInt8] {
        let keepsHistory = sessions.count <= room.histories
        sessions[id]?.keepsHistory = keepsHistory
        if let payload = sessions[id]?.compress(bytes, toExactly: count, from: from) {
            totals.recompressed &+= 1
            return payload
        }
        let isValid = !isText || TextRedaction.firstBrokenByte(original) == nil
        if isValid, let payload = sessions[id]?.compressFiller(bytes.count, toExactly: count, from: from) {
            totals.recompressed &+= 1
            totals.reshaped &+= 1
            return payload
        }
        totals.undecodable &+= 1
        sessions[id]?.breakContext(of: from)
        if let record = sessions[id]?.record { digest.expectDifference(of: record) }
        return Filler.undecodable(count, at: offset)
    }

    /// Fills a message's payload except its beginning.
    mutating func fill(_ places: [FramePlace], in key: StreamKey, isText: Bool, beginning: [UInt8]) {
        var rest = beginning[...]
        for place in places {
            let part = Array(rest.prefix(place.length))
            rest = rest.dropFirst(place.length)
            put(part, of: place, in: key)
            fill(place, in: key, isText: isText, from: part.count)
        }
    }

    /// Fills a frame's payload, using only its position.
    ///
    /// - Parameters:
    ///   - place: The payload.
    ///   - key: The stream.
    ///   - isText: Whether it is text.
    ///   - first: How many of its bytes are already filled.
    mutating func fill(_ place: FramePlace, in key: StreamKey, isText: Bool, from first: Int = 0) {
        var done = first
        while done < place.length {
            let length = min(place.length - done, 65_536)
            var part = place
            part.offset &+= UInt64(done)
            part.length = length
            part.key = place.key.map { $0 << UInt32(done % 4 * 8) | $0 >> UInt32((4 - done % 4) % 4 * 8) }
            put(isText ? Filler.variedText(length) : Filler.binary(length), of: part, in: key)
            done += length
            // Beyond that, bytes without a replacement are filled anyway.
            guard done < 64 << 20 else { return }
        }
    }

    mutating func put(_ bytes: [UInt8], of place: FramePlace, in key: StreamKey) {
        put(place.masked(bytes), at: place.offset, in: key)
    }

    mutating func put(_ bytes: [UInt8], at offset: UInt64, in key: StreamKey) {
        guard !bytes.isEmpty else { return }
        let extent = extent(bytes, at: offset)
        streams[key, default: RedactedStream()].pending.append(extent)
        room.pending &-= 1
        if room.pending <= 0 || streams[key]?.pending.count ?? 0 > RedactedStream.maximumPending { settle(key) }
    }

    mutating func extent(_ bytes: [UInt8], at offset: UInt64) -> Extent {
        Extent(offset: offset, position: store.append(bytes.span), length: UInt32(clamping: bytes.count))
    }

    /// Sorts what waited for a message.
    mutating func settle(_ key: StreamKey) {
        guard var pending = streams[key]?.pending, !pending.isEmpty else { return }
        streams[key]?.pending = []
        room.pending &+= pending.count
        // Payloads are known after the headers of later fragments, and of control frames between them.
        pending.sort { $0.offset < $1.offset }
        for extent in pending { _ = streams[key]?.frames.add(extent, &store) }
    }
}
