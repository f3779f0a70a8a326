import TraceOutput
import WebSocketProtocol
package import WireFormat

/// The second pass: replaces bytes of packets as planned.
extension RedactionPlan where Store: ~Copyable {
    /// Replaces bytes of a stream.
    ///
    /// - Parameters:
    ///   - bytes: The packet; all of `range` is replaced.
    ///   - range: Where in it the stream's bytes are.
    ///   - offset: The stream offset of the first; nil if it is not known.
    ///   - record: The connection.
    ///   - direction: Who sent them.
    package mutating func redact(
        _ bytes: inout [UInt8], _ range: Range<Int>, at offset: UInt64?, of record: UInt64, from direction: Direction
    ) {
        let key = StreamKey(record: record, direction: direction)
        guard let offset, let outOfBand = streams[key]?.outOfBand, let first = outOfBand.first,
            first < offset &+ UInt64(range.count)
        else { return redact(&bytes, range, at: offset, in: key) }
        // Frames do not count out-of-band bytes.
        let leftOut = UInt64(outOfBand.count { $0 < offset })
        var (start, place) = (range.lowerBound, offset &- leftOut)
        for (index, byte) in outOfBand.dropFirst(Int(leftOut)).enumerated() {
            let end = range.lowerBound + Int(clamping: byte &- offset)
            guard end < range.upperBound else { break }
            redact(&bytes, start..<end, at: place, in: key)
            bytes[end] = Filler.character(index)
            place &+= UInt64(end - start)
            start = end + 1
        }
        redact(&bytes, start..<range.upperBound, at: place, in: key)
    }

    /// Replaces bytes of a stream without those that are out of band.
    private mutating func redact(_ bytes: inout [UInt8], _ range: Range<Int>, at offset: UInt64?, in key: StreamKey) {
        guard !range.isEmpty else { return }
        let original = Array(bytes[range])
        if let offset { followFrames(original, at: offset, in: key) }
        for (place, index) in range.enumerated() {
            bytes[index] = Filler.character(Int(truncatingIfNeeded: (offset ?? 0) % 5) + place)
        }
        guard let offset, let stream = streams[key] else { return }
        let wanted = offset..<(offset &+ UInt64(range.count))
        for (isFrame, index) in [(false, stream.heads), (true, stream.frames)] {
            for place in index.blocks(overlapping: wanted) {
                let block = BlockKey(stream: key, isFrame: isFrame, place: place)
                insert(extents(of: index.blocks[place], block), wanted, into: &bytes, at: range.lowerBound)
            }
            insert(index.tail, wanted, into: &bytes, at: range.lowerBound)
        }
        if let start = stream.misread, offset > start, let first = original.first, first & 0x70 == 0 {
            // These bytes show what is wrong with the lengths.
            let beginning = FrameHeader.beginning(original[...])
            bytes.replaceSubrange(range.lowerBound..<(range.lowerBound + beginning.count), with: beginning)
        }
    }

    /// Replaces a copy of delivered bytes that had other values by one that has other values too.
    ///
    /// - Parameters:
    ///   - bytes: The packet, with the bytes that were delivered.
    ///   - range: Where in it the stream's bytes are.
    package func makeDifferent(_ bytes: inout [UInt8], _ range: Range<Int>) {
        for (place, index) in range.enumerated() {
            let digit = UInt8(ascii: "0") + UInt8(place % 9)
            bytes[index] = bytes[index] == digit ? digit + 1 : digit
        }
    }

    /// A block of an index.
    struct BlockKey: Hashable {
        var stream: StreamKey
        var isFrame: Bool
        var place: Int
    }

    private mutating func extents(of block: ExtentIndex.Block, _ key: BlockKey) -> [Extent] {
        if let known = blocks[key] { return known }
        scratch.removeAll()
        store.read(Int(block.count) * Extent.size, at: block.position, into: &scratch)
        var extents: [Extent] = []
        scratch.withBytes { bytes in
            for index in 0..<min(Int(block.count), bytes.count / Extent.size) {
                extents.append(Extent(bytes, at: index * Extent.size))
            }
        }
        if blocks.count >= 256 { blocks.removeAll(keepingCapacity: true) }
        blocks[key] = extents
        return extents
    }

    private mutating func insert(
        _ extents: [Extent], _ wanted: Range<UInt64>, into bytes: inout [UInt8], at place: Int
    ) {
        for extent in extents.overlapping(wanted) {
            let first = max(extent.offset, wanted.lowerBound)
            let last = min(extent.end, wanted.upperBound)
            guard first < last else { continue }
            scratch.removeAll()
            store.read(Int(last - first), at: extent.position &+ (first - extent.offset), into: &scratch)
            let start = place + Int(first - wanted.lowerBound)
            scratch.withBytes { replacement in
                for index in replacement.indices { bytes[start + index] = replacement[index] }
            }
        }
    }

    /// Keeps the headers of frames that were not reported: the one that is incomplete when the stream ends, and those
    /// after an end has failed the connection.
    private mutating func followFrames(_ bytes: [UInt8], at position: UInt64, in key: StreamKey) {
        var (original, offset) = (bytes, position)
        if let known = streams[key]?.partialHeader, !known.isEmpty, let frontier = streams[key]?.frontier,
            offset == frontier &+ UInt64(known.count)
        {
            // The rest of a header that began in an earlier packet.
            (original, offset) = (known + original, frontier)
        }
        let end = offset &+ UInt64(original.count)
        while let frontier = streams[key]?.frontier, frontier >= offset, frontier < end {
            let start = Int(frontier - offset)
            guard let header = FrameHeader(original.span.extracting(start...)),
                case let (next, isFar) = (frontier &+ UInt64(header.byteCount)).addingReportingOverflow(
                    header.payloadLength)
            else {
                // The capture or the stream may end here, and what is then reported depends on these bytes.
                let known = streams[key]?.partialHeader.count ?? 0
                put(Array(FrameHeader.beginning(original[start...]).dropFirst(known)), at: position, in: key)
                settle(key)
                streams[key]?.partialHeader = Array(original[start...])
                return
            }
            let known = streams[key]?.partialHeader.count ?? 0
            streams[key]?.partialHeader = []
            let mask = header.maskingKey.map(keys.frames(of: key.record).maskingKey)
            let place = FramePlace(
                offset: frontier &+ UInt64(header.byteCount), length: Int(clamping: header.payloadLength),
                key: mask, opcode: header.opcode)
            put(Array(header.bytes(key: mask).dropFirst(known)), at: frontier &+ UInt64(known), in: key)
            var part = place
            part.length = min(place.length, 1 << 20)
            // Where frames stop, text filler would be reported as text; the size of a chunk stays, since it shows that
            // it is not text.
            let isStop = frontier == streams[key]?.stop
            let beginning =
                isStop
                ? Array(Self.chunkSize(original[start...]).dropFirst(header.byteCount))
                : streams[key]?.unfinished ?? []
            streams[key]?.unfinished = []
            fill([part], in: key, isText: header.opcode != .binary && !isStop, beginning: beginning)
            settle(key)
            let isLast = isFar || isStop
            streams[key]?.frontier = isLast ? nil : next
        }
    }

    /// The size of an HTTP chunk in a few digits, and the end of its line (RFC 9112 7.1); empty if the bytes do not
    /// begin with them.
    private static func chunkSize(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = bytes.prefix(4).prefix { $0.hexadecimalValue != nil }
        let line = bytes.prefix(digits.count + 2)
        return !digits.isEmpty && line.dropFirst(digits.count).elementsEqual([0x0d, 0x0a]) ? line : []
    }
}
