package import CaptureAnalysis
package import PacketDecoding
package import TraceOutput
package import WebSocketProtocol
package import WireFormat

/// What a redaction came to, for its report.
package struct RedactionTotals: Sendable {
    /// Data messages whose payload was replaced.
    package var messages: UInt64 = 0
    /// Of these, compressed ones that were compressed anew.
    package var recompressed: UInt64 = 0
    /// Of these, ones that keep the length of their payload but not its shape, since the shape does not fit.
    package var reshaped: UInt64 = 0
    /// Compressed messages that do not inflate any more.
    package var undecodable: UInt64 = 0
    /// Payloads of Pings, Pongs and Close frames.
    package var controlPayloads: UInt64 = 0
    /// Connections that are filled, since there was no room for what is to stand in their place.
    package var filledConnections: UInt64 = 0
}

/// Learns from an analysis what is to stand in place of the bytes of its streams: on a first pass over a capture, so that the
/// second can write them.
///
/// What it does not know of is to be filled. Replacements are spooled, and so is where they are.
package struct RedactionPlan<Store: Spool & ~Copyable>: EventSink, ~Copyable {
    /// What was done.
    package private(set) var totals = RedactionTotals()

    private let text: TextRedaction
    private let pseudonyms: Pseudonyms
    private var proxies: SOCKSRedaction
    private var accepts: [UInt64: [HeadRedaction.Accept]] = [:]
    private let wanted: SelectedConnections
    private var store: Store
    private var streams: [StreamKey: RedactedStream] = [:]
    private var heads: [StreamKey: HeadRedaction] = [:]
    private var sessions: [SessionID: RedactedSession] = [:]
    private var room: RedactionRoom
    /// The connection that was counted last as filled.
    private var lastFilled: UInt64?
    private var scratch = OutputBuffer(capacity: 1 << 16)
    /// Blocks of indexes that were read lately.
    private var blocks: [BlockKey: [Extent]] = [:]

    /// Creates a plan.
    ///
    /// - Parameters:
    ///   - wanted: The connections to write.
    ///   - keepsKeys: Whether the keys of JSON objects stay.
    ///   - pseudonyms: What takes the place of words.
    ///   - addresses: What takes the place of addresses, and that names of hosts are replaced; nil if both stay.
    ///   - store: Where replacements go.
    ///   - memory: The bytes that it may take.
    package init(
        for wanted: SelectedConnections, keepsKeys: Bool, pseudonyms: Pseudonyms, addresses: AddressPseudonyms?,
        store: consuming Store, memory: Int
    ) {
        room = RedactionRoom(bytes: memory)
        self.wanted = wanted
        self.pseudonyms = pseudonyms
        text = TextRedaction(keepsKeys: keepsKeys, pseudonyms: pseudonyms)
        proxies = SOCKSRedaction(
            values: HeadValues(pseudonyms: pseudonyms, replacesHosts: addresses != nil), addresses: addresses)
        self.store = store
    }

    /// Why replacements were lost; nil if none were.
    package var failure: String? { store.failure }

    /// What the analysis must report.
    package static var demand: EventDemand {
        var demand = EventDemand.totals
        demand.includesFrames = true
        demand.includesOpenings = true
        demand.payload = PayloadDemand(bytes: .max, includesFrames: false)
        return demand
    }

    package mutating func receiveOpening(
        _ bytes: Span<UInt8>, at offset: UInt64, from direction: Direction, record: UInt64
    ) {
        guard let connection = wanted.connections[record], !connection.isEncrypted else { return }
        let key = StreamKey(record: record, direction: direction)
        guard hasRoom(for: key) else { return }
        var answers = accepts[record] ?? []
        let pieces = heads[key, default: HeadRedaction()].take(bytes, at: offset, &proxies, &answers)
        if !answers.isEmpty { accepts[record] = answers }
        for piece in pieces where !piece.bytes.isEmpty {
            let extent = extent(piece.bytes, at: piece.offset)
            _ = streams[key, default: RedactedStream()].heads.add(extent, &store)
        }
    }

    package mutating func receiveTextForFrames(
        _ bytes: Span<UInt8>, at offset: UInt64, from role: Role, of id: SessionID
    ) {
        guard let session = sessions[id] else { return }
        let key = session.stream(of: role)
        let extent = extent(pseudonyms.shaped(Array(copying: bytes)), at: offset)
        _ = streams[key, default: RedactedStream()].heads.add(extent, &store)
        streams[key]?.frontier = extent.end
    }

    package mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        switch event {
        case .connection(let start):
            let id = context.session
            guard let connection = wanted.connections[start.record], !connection.isEncrypted,
                hasRoom(for: StreamKey(record: start.record, direction: start.clientDirection))
            else { return }
            sessions[id] = RedactedSession(record: start.record, client: start.clientDirection)
        case .handshake(let handshake):
            guard handshake.isAccepted else { return }
            guard let session = sessions[context.session] else { return }
            sessions[context.session]?.learn(handshake.extensions)
            for key in [session.stream(of: .client), session.stream(of: .server)] {
                streams[key]?.frontier = heads[key]?.endOfHeads
            }
        case .frame(let frame): take(frame, context.session, payload)
        case .message(let message): take(message, context.session, payload)
        case .finding(let finding): take(finding, context.session)
        case .end: end(context.session)
        default: break
        }
    }

    /// Whether something may be kept of a stream, and of the other of its connection.
    private mutating func hasRoom(for key: StreamKey) -> Bool {
        var other = key
        other.direction = key.direction.opposite
        if streams[key] != nil || streams[other] != nil { return true }
        // What their heads keep counts too.
        guard streams.count &+ heads.count < room.streams else {
            if lastFilled != key.record { totals.filledConnections &+= 1 }
            lastFilled = key.record
            return false
        }
        streams[key] = RedactedStream()
        return true
    }

    private mutating func end(_ id: SessionID) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        room.frames &+= session.frameCount
        accepts[session.record] = nil
        for key in [session.stream(of: .client), session.stream(of: .server)] {
            if var head = heads.removeValue(forKey: key), let piece = head.finishCutLine(proxies.values),
                !piece.bytes.isEmpty
            {
                let extent = extent(piece.bytes, at: piece.offset)
                _ = streams[key, default: RedactedStream()].heads.add(extent, &store)
            }
            settle(key)
            streams[key]?.heads.flush(&store)
            streams[key]?.frames.flush(&store)
        }
    }

    /// Learns where there are no frames any more, or where lengths are misread.
    private mutating func take(_ finding: Finding, _ id: SessionID) {
        guard let session = sessions[id], let role = finding.from, let offset = finding.streamOffset else { return }
        let key = session.stream(of: role)
        if finding.rule == Rule(Violation.implausible).id {
            if streams[key]?.stop == nil { streams[key]?.stop = offset }
        } else if ["frame.length-byte-order", "frame.length-form"].contains(finding.rule),
            let frontier = streams[key]?.frontier
        {
            if streams[key]?.misread == nil { streams[key]?.misread = frontier }
        }
    }

    private mutating func take(_ event: borrowing FrameEvent, _ id: SessionID, _ payload: Span<UInt8>) {
        guard let session = sessions[id] else { return }
        let key = session.stream(of: event.from)
        let frame = event.frame
        let header = frame.header
        let start = frame.streamOffset
        let length = Int(clamping: header.payloadLength)
        let mask = header.maskingKey.map(pseudonyms.maskingKey)
        defer { if sessions[id]?.hasFrames(of: event.from) != true { settle(key) } }
        put(header.bytes(key: mask), at: start, in: key)
        streams[key, default: RedactedStream()].frontier = start &+ UInt64(header.byteCount) &+ header.payloadLength
        let place = FramePlace(
            offset: start &+ UInt64(header.byteCount), length: length, key: mask, opcode: header.opcode)
        guard header.opcode.isControl else {
            // A fragment of nothing, or of a reserved kind, belongs to no message.
            if event.messageIndex == nil || header.opcode.rawValue & 15 > 2 {
                fill(place, in: key, isText: false)
            } else {
                if room.frames > 0, sessions[id]?.add(place, from: event.from) == true { room.frames &-= 1 }
            }
            return
        }
        guard length > 0 else { return }
        totals.controlPayloads &+= 1
        var bytes = Array(copying: payload)
        if bytes.count < length { fill(place, in: key, isText: true, from: bytes.count) }
        if header.opcode == .close {
            bytes = bytes.prefix(2) + text.redact(Array(bytes.dropFirst(2)), compressible: false)
        } else {
            bytes = pseudonyms.binary(for: bytes)
        }
        put(bytes, of: place, in: key)
    }

    private mutating func take(_ event: borrowing MessageEvent, _ id: SessionID, _ payload: Span<UInt8>) {
        guard let session = sessions[id] else { return }
        let message = event.message
        let key = session.stream(of: event.from)
        let places = sessions[id]?.takeFrames(of: event.from) ?? []
        room.frames &+= places.count
        totals.messages &+= 1
        defer { settle(key) }
        let wire = places.reduce(0) { $0 &+ min($1.length, .max - $0) }
        let isWhole = message.payload == .whole && message.isComplete && UInt64(wire) == message.wireLength
        guard isWhole, message.isCompressed || payload.count == wire else {
            if message.isCompressed {
                sessions[id]?.breakContext(of: event.from)
                // What is not complete is not inflated to its end, so there is nothing in it.
                if !message.isComplete, wire <= 1 << 20, let empty = DeflateEncoder.encodeNothing(toExactly: wire) {
                    put(empty, of: places, in: key)
                    return
                }
                totals.undecodable &+= 1
                for place in places { put(Filler.undecodable(min(place.length, 1 << 20)), of: place, in: key) }
            } else {
                // Text begins like the original, as far as that is known.
                let beginning = message.isText ? text.redact(Array(copying: payload), compressible: false) : []
                fill(places, in: key, isText: message.isText, beginning: beginning)
                streams[key]?.unfinished = Array(beginning.dropFirst(wire).prefix(1 << 16))
            }
            return
        }
        let original = Array(copying: payload)
        var bytes =
            message.isText
            ? text.redact(original, compressible: message.isCompressed) : Filler.binary(original.count)
        if message.isCompressed { bytes = compress(bytes, original, toExactly: wire, id, event.from, message.isText) }
        put(bytes, of: places, in: key)
    }

    private mutating func put(_ bytes: [UInt8], of places: [FramePlace], in key: StreamKey) {
        var start = 0
        for place in places {
            put(Array(bytes[start..<min(start + place.length, bytes.count)]), of: place, in: key)
            start += place.length
        }
    }

    private mutating func compress(
        _ bytes: [UInt8], _ original: [UInt8], toExactly count: Int, _ id: SessionID, _ from: Role, _ isText: Bool
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
        return Filler.undecodable(count)
    }

    /// Fills a message's payload, but for its beginning.
    private mutating func fill(_ places: [FramePlace], in key: StreamKey, isText: Bool, beginning: [UInt8]) {
        var rest = beginning[...]
        for place in places {
            let part = Array(rest.prefix(place.length))
            rest = rest.dropFirst(place.length)
            put(part, of: place, in: key)
            fill(place, in: key, isText: isText, from: part.count)
        }
    }

    /// Fills a frame's payload by its place alone.
    ///
    /// - Parameters:
    ///   - place: The payload.
    ///   - key: The stream.
    ///   - isText: Whether it is text.
    ///   - first: How many of its bytes are filled already.
    private mutating func fill(_ place: FramePlace, in key: StreamKey, isText: Bool, from first: Int = 0) {
        var done = first
        while done < place.length {
            let length = min(place.length - done, 65_536)
            var part = place
            part.offset &+= UInt64(done)
            part.length = length
            part.key = place.key.map { $0 << UInt32(done % 4 * 8) | $0 >> UInt32((4 - done % 4) % 4 * 8) }
            put(isText ? Filler.variedText(length) : Filler.binary(length), of: part, in: key)
            done += length
            // Beyond that, what no replacement is known for is filled anyway.
            guard done < 64 << 20 else { return }
        }
    }

    private mutating func put(_ bytes: [UInt8], of place: FramePlace, in key: StreamKey) {
        put(place.masked(bytes), at: place.offset, in: key)
    }

    private mutating func put(_ bytes: [UInt8], at offset: UInt64, in key: StreamKey) {
        guard !bytes.isEmpty else { return }
        let extent = extent(bytes, at: offset)
        streams[key, default: RedactedStream()].pending.append(extent)
        room.pending &-= 1
        if room.pending <= 0 || streams[key]?.pending.count ?? 0 > RedactedStream.maximumPending { settle(key) }
    }

    private mutating func extent(_ bytes: [UInt8], at offset: UInt64) -> Extent {
        Extent(offset: offset, position: store.append(bytes.span), length: UInt32(clamping: bytes.count))
    }

    /// Puts in order what waits for a message.
    private mutating func settle(_ key: StreamKey) {
        guard var pending = streams[key]?.pending, !pending.isEmpty else { return }
        streams[key]?.pending = []
        room.pending &+= pending.count
        // Payloads come after the headers of later fragments, and of control frames between them.
        pending.sort { $0.offset < $1.offset }
        for extent in pending { _ = streams[key]?.frames.add(extent, &store) }
    }

    /// Replaces bytes of a stream.
    ///
    /// - Parameters:
    ///   - bytes: The packet; all of `range` is replaced.
    ///   - range: Where in it the stream's bytes are.
    ///   - offset: The place of the first in the stream; nil if that is not known.
    ///   - record: The connection.
    ///   - direction: Who sent them.
    package mutating func redact(
        _ bytes: inout [UInt8], _ range: Range<Int>, at offset: UInt64?, of record: UInt64, from direction: Direction
    ) {
        let original = Array(bytes[range])
        let key = StreamKey(record: record, direction: direction)
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
            // By these bytes it is told what is wrong with the lengths.
            let beginning = FrameHeader.beginning(original[...])
            bytes.replaceSubrange(range.lowerBound..<(range.lowerBound + beginning.count), with: beginning)
        }
    }

    /// A block of an index.
    private struct BlockKey: Hashable {
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

    /// Keeps the headers of frames that were not reported: of the one that is not complete when the stream ends, and of
    /// those after an end has failed the connection.
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
                // The capture may end here, or the stream: what is said of it then depends on these bytes.
                let known = streams[key]?.partialHeader.count ?? 0
                put(Array(FrameHeader.beginning(original[start...]).dropFirst(known)), at: position, in: key)
                settle(key)
                streams[key]?.partialHeader = Array(original[start...])
                return
            }
            let known = streams[key]?.partialHeader.count ?? 0
            streams[key]?.partialHeader = []
            let mask = header.maskingKey.map(pseudonyms.maskingKey)
            let place = FramePlace(
                offset: frontier &+ UInt64(header.byteCount), length: Int(clamping: header.payloadLength),
                key: mask, opcode: header.opcode)
            put(Array(header.bytes(key: mask).dropFirst(known)), at: frontier &+ UInt64(known), in: key)
            var part = place
            part.length = min(place.length, 1 << 20)
            let beginning = streams[key]?.unfinished ?? []
            streams[key]?.unfinished = []
            // Where frames stop, text would be taken for what it is.
            let isStop = frontier == streams[key]?.stop
            fill([part], in: key, isText: header.opcode != .binary && !isStop, beginning: beginning)
            settle(key)
            let isLast = isFar || isStop
            streams[key]?.frontier = isLast ? nil : next
        }
    }
}
