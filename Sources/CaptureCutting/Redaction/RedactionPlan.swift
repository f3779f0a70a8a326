package import CaptureAnalysis
package import TraceOutput
import WebSocketProtocol
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
}

/// Learns from an analysis what is to stand in place of the bytes of its streams: on a first pass over a capture, so that the
/// second can write them.
///
/// What it does not know of is to be filled. Replacements are spooled; 24 bytes in memory say where each is.
package struct RedactionPlan<Store: Spool & ~Copyable>: EventSink, ~Copyable {
    /// What was done.
    package private(set) var totals = RedactionTotals()

    private let text: TextRedaction
    private let pseudonyms: Pseudonyms
    private let wanted: SelectedConnections
    private var store: Store
    private var streams: [StreamKey: RedactedStream] = [:]
    private var heads: [StreamKey: HeadRedaction] = [:]
    private var sessions: [SessionID: RedactedSession] = [:]
    private var scratch = OutputBuffer(capacity: 1 << 16)

    /// Creates a plan.
    ///
    /// - Parameters:
    ///   - wanted: The connections to write.
    ///   - keepsKeys: Whether the keys of JSON objects stay.
    ///   - key: A number that nobody else knows.
    ///   - store: Where replacements go.
    package init(for wanted: SelectedConnections, keepsKeys: Bool, key: UInt64, store: consuming Store) {
        self.wanted = wanted
        pseudonyms = Pseudonyms(key: key)
        text = TextRedaction(keepsKeys: keepsKeys, pseudonyms: pseudonyms)
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
        for piece in heads[key, default: HeadRedaction()].take(bytes, at: offset, pseudonyms) {
            put(piece.bytes, at: piece.offset, in: key, isFrame: false)
        }
    }

    package mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        switch event {
        case .connection(let start):
            let id = context.session
            guard let connection = wanted.connections[start.record], !connection.isEncrypted else { return }
            sessions[id] = RedactedSession(record: start.record, client: start.clientDirection)
        case .handshake(let handshake):
            guard handshake.isAccepted else { return }
            sessions[context.session]?.learn(handshake.extensions)
        case .frame(let frame): take(frame, context.session, payload)
        case .message(let message): take(message, context.session, payload)
        case .end: sessions[context.session] = nil
        default: break
        }
    }

    private mutating func take(_ event: borrowing FrameEvent, _ id: SessionID, _ payload: Span<UInt8>) {
        guard let session = sessions[id] else { return }
        let key = session.stream(of: event.from)
        let frame = event.frame
        let header = frame.header
        let start = frame.streamOffset
        let length = Int(clamping: header.payloadLength)
        put(header.bytes, at: start, in: key, isFrame: true)
        streams[key, default: RedactedStream()].frontier = start &+ UInt64(header.byteCount) &+ header.payloadLength
        let place = FramePlace(
            offset: start &+ UInt64(header.byteCount), length: length, key: header.maskingKey, opcode: header.opcode)
        guard header.opcode.isControl else {
            // A fragment of nothing, or of a reserved kind, belongs to no message.
            if event.messageIndex == nil || header.opcode.rawValue & 15 > 2 {
                fill(place, in: key, isText: false)
            } else {
                sessions[id]?.add(place, from: event.from)
            }
            return
        }
        guard length > 0 else { return }
        totals.controlPayloads &+= 1
        var bytes = Array(copying: payload)
        if bytes.count != length {
            bytes = Filler.text(min(length, 125))
        } else if header.opcode == .close {
            bytes = bytes.prefix(2) + text.redact(Array(bytes.dropFirst(2)))
        } else {
            bytes = sessions[id]?.replacement(for: bytes, pseudonyms) ?? Filler.binary(bytes.count)
        }
        put(bytes, of: place, in: key)
    }

    private mutating func take(_ event: borrowing MessageEvent, _ id: SessionID, _ payload: Span<UInt8>) {
        guard let session = sessions[id] else { return }
        let message = event.message
        let key = session.stream(of: event.from)
        let places = sessions[id]?.takeFrames(of: event.from) ?? []
        totals.messages &+= 1
        let wire = places.reduce(0) { $0 + $1.length }
        let isWhole = message.payload == .whole && message.isComplete && UInt64(wire) == message.wireLength
        guard isWhole, message.isCompressed || payload.count == wire else {
            if message.isCompressed {
                sessions[id]?.breakContext(of: event.from)
                totals.undecodable &+= 1
                for place in places { put(Filler.undecodable(min(place.length, 1 << 20)), of: place, in: key) }
            } else {
                for place in places { fill(place, in: key, isText: message.isText) }
            }
            return
        }
        let original = Array(copying: payload)
        var bytes = message.isText ? text.redact(original) : Filler.binary(original.count)
        if message.isCompressed { bytes = compress(bytes, original, toExactly: wire, id, event.from, message.isText) }
        var start = 0
        for place in places {
            put(Array(bytes[start..<min(start + place.length, bytes.count)]), of: place, in: key)
            start += place.length
        }
    }

    private mutating func compress(
        _ bytes: [UInt8], _ original: [UInt8], toExactly count: Int, _ id: SessionID, _ from: Role, _ isText: Bool
    ) -> [UInt8] {
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

    /// Fills a frame's payload by its place alone.
    private mutating func fill(_ place: FramePlace, in key: StreamKey, isText: Bool) {
        var done = 0
        while done < place.length {
            // A multiple of what filler and masks repeat after.
            let length = min(place.length - done, 65_540)
            var part = place
            part.offset &+= UInt64(done)
            part.length = length
            put(isText ? Filler.text(length) : Filler.binary(length), of: part, in: key)
            done += length
            // Beyond that, what no replacement is known for is filled anyway.
            guard done < 64 << 20 else { return }
        }
    }

    private mutating func put(_ bytes: [UInt8], of place: FramePlace, in key: StreamKey) {
        put(place.masked(bytes), at: place.offset, in: key, isFrame: true)
    }

    private mutating func put(_ bytes: [UInt8], at offset: UInt64, in key: StreamKey, isFrame: Bool) {
        guard !bytes.isEmpty else { return }
        let position = store.append(bytes.span)
        streams[key, default: RedactedStream()].add(
            Extent(offset: offset, position: position, length: UInt32(clamping: bytes.count)), isFrame: isFrame)
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
        let end = offset &+ UInt64(range.count)
        for extents in [stream.heads, stream.frames] {
            for extent in extents.overlapping(offset..<end) {
                let first = max(extent.offset, offset)
                let last = min(extent.offset &+ UInt64(extent.length), end)
                guard first < last else { continue }
                scratch.removeAll()
                store.read(Int(last - first), at: extent.position &+ (first - extent.offset), into: &scratch)
                let start = range.lowerBound + Int(first - offset)
                scratch.withBytes { replacement in
                    for index in replacement.indices { bytes[start + index] = replacement[index] }
                }
            }
        }
    }

    /// Keeps the headers of frames that were not reported: of the one that is not complete when the stream ends, and of
    /// those after an end has failed the connection.
    private mutating func followFrames(_ original: [UInt8], at offset: UInt64, in key: StreamKey) {
        let end = offset &+ UInt64(original.count)
        while let frontier = streams[key]?.frontier, frontier >= offset, frontier < end {
            let start = Int(frontier - offset)
            guard let header = FrameHeader(original.span.extracting(start...)), !header.rsv2, !header.rsv3,
                case let (next, isFar) = (frontier &+ UInt64(header.byteCount)).addingReportingOverflow(
                    header.payloadLength)
            else {
                streams[key]?.frontier = nil
                return
            }
            let place = FramePlace(
                offset: frontier &+ UInt64(header.byteCount), length: Int(clamping: header.payloadLength),
                key: header.maskingKey, opcode: header.opcode)
            put(header.bytes, at: frontier, in: key, isFrame: true)
            var part = place
            part.length = min(place.length, 1 << 20)
            fill(part, in: key, isText: header.opcode != .binary)
            streams[key]?.frontier = isFar ? nil : next
        }
    }
}

/// One direction of a connection.
private struct StreamKey: Hashable {
    var record: UInt64
    var direction: Direction
}

/// Bytes of a stream, and where in the spool their replacement is.
private struct Extent {
    var offset: UInt64
    var position: UInt64
    var length: UInt32
}

/// What is known of a stream.
private struct RedactedStream {
    var heads: [Extent] = []
    var frames: [Extent] = []
    /// The end of the last frame.
    var frontier: UInt64?

    mutating func add(_ extent: Extent, isFrame: Bool) {
        if isFrame { Self.add(extent, to: &frames) } else { Self.add(extent, to: &heads) }
    }

    private static func add(_ extent: Extent, to extents: inout [Extent]) {
        if let last = extents.last, last.offset &+ UInt64(last.length) == extent.offset,
            last.position &+ UInt64(last.length) == extent.position, last.length &+ extent.length < 1 << 30
        {
            extents[extents.count - 1].length &+= extent.length
            return
        }
        // Payloads come after the headers of later fragments, and of control frames between them.
        var place = extents.count
        while place > 0, extents[place - 1].offset > extent.offset { place -= 1 }
        extents.insert(extent, at: place)
    }
}

extension [Extent] {
    /// Those that may overlap a range, in order.
    fileprivate func overlapping(_ range: Range<UInt64>) -> ArraySlice<Extent> {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].offset &+ UInt64(self[middle].length) <= range.lowerBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        let rest = self[low...]
        return rest.prefix { $0.offset < range.upperBound }
    }
}

/// Where a frame's payload is.
private struct FramePlace {
    var offset: UInt64
    var length: Int
    var key: UInt32?
    var opcode: Opcode

    func masked(_ bytes: [UInt8]) -> [UInt8] {
        guard let key else { return bytes }
        return bytes.indices.map { index in
            bytes[index] ^ UInt8(truncatingIfNeeded: key >> UInt32(24 - 8 * (index & 3)))
        }
    }

    init(offset: UInt64, length: Int, key: UInt32?, opcode: Opcode) {
        self.offset = offset
        self.length = length
        self.key = key
        self.opcode = opcode
    }
}

/// A session that has not ended.
private struct RedactedSession {
    let record: UInt64
    let client: Direction
    private var frames = InlineArray<2, [FramePlace]>(repeating: [])
    private var encoders = InlineArray<2, DeflateEncoder?>(repeating: DeflateEncoder(window: 256))
    private var takesOver = InlineArray<2, Bool>(repeating: false)
    private var controls: [[UInt8]: [UInt8]] = [:]
    private var usedControls: Set<[UInt8]> = []

    /// The most frames of a message that are followed.
    private static var maximumFrames: Int { 1 << 20 }

    init(record: UInt64, client: Direction) {
        self.record = record
        self.client = client
    }

    func stream(of role: Role) -> StreamKey {
        StreamKey(record: record, direction: role == .client ? client : client.opposite)
    }

    /// Learns how messages are compressed.
    mutating func learn(_ extensions: [WebSocketExtension]) {
        guard let parameters = extensions.first(where: { $0.name == "permessage-deflate" })?.parameters else { return }
        for role in [Role.client, .server] {
            let name = role == .client ? "client" : "server"
            let isLimited = parameters.contains { $0.name == "\(name)_max_window_bits" }
            takesOver[role.index] = !parameters.contains { $0.name == "\(name)_no_context_takeover" }
            encoders[role.index] = DeflateEncoder(window: isLimited ? 256 : 32_768)
        }
    }

    mutating func add(_ place: FramePlace, from role: Role) {
        if frames[role.index].count < Self.maximumFrames { frames[role.index].append(place) }
    }

    mutating func takeFrames(of role: Role) -> [FramePlace] {
        defer { frames[role.index] = [] }
        return frames[role.index]
    }

    mutating func compress(_ bytes: [UInt8], toExactly count: Int, from role: Role) -> [UInt8]? {
        guard let payload = encoders[role.index]?.encode(bytes, toExactly: count) else { return nil }
        remember(bytes, from: role)
        return payload
    }

    /// Compresses a text that says nothing: filler, or one that refers to earlier messages.
    mutating func compressFiller(_ length: Int, toExactly count: Int, from role: Role) -> [UInt8]? {
        if let payload = compress(Filler.text(length), toExactly: count, from: role) { return payload }
        if let payload = DeflateEncoder.encodeFiller(length, toExactly: count) {
            remember((0..<min(length, 512)).map(DeflateEncoder.repeated), from: role)
            return payload
        }
        let history = encoders[role.index]?.history ?? []
        for period in 1...4 where period <= history.count {
            let end = Array(history.suffix(period))
            // No letters, so no words, and no part of a character.
            guard end.allSatisfy({ $0 < 0x80 }), end.contains(where: { !($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) })
            else {
                continue
            }
            let text = (0..<length).map { end[$0 % period] }
            if let payload = compress(text, toExactly: count, from: role) { return payload }
        }
        return nil
    }

    private mutating func remember(_ bytes: [UInt8], from role: Role) {
        guard takesOver[role.index], let history = encoders[role.index]?.history else { return }
        encoders[role.index]?.history = Array((history + bytes).suffix(DeflateEncoder.longestHistory))
    }

    /// What earlier messages inflated to is not known any more.
    mutating func breakContext(of role: Role) {
        encoders[role.index]?.history = []
    }

    /// What takes the place of a Ping's payload: the same for its Pong, and for no other.
    mutating func replacement(for payload: [UInt8], _ pseudonyms: Pseudonyms) -> [UInt8] {
        if let known = controls[payload] { return known }
        var bytes = pseudonyms.binary(for: payload, attempt: record)
        for attempt in 1..<64 where usedControls.contains(bytes) {
            bytes = pseudonyms.binary(for: payload, attempt: record &+ UInt64(attempt))
        }
        if controls.count < 4096 {
            controls[payload] = bytes
            usedControls.insert(bytes)
        }
        return bytes
    }
}

extension Role {
    fileprivate var index: Int { self == .client ? 0 : 1 }
}

extension FrameHeader {
    /// The header as it was sent.
    fileprivate var bytes: [UInt8] {
        let mask: UInt8 = maskingKey == nil ? 0 : 0x80
        var bytes = [firstByte]
        switch byteCount - (maskingKey == nil ? 2 : 6) {
        case 2: bytes += [126 | mask] + (0..<2).map { UInt8(truncatingIfNeeded: payloadLength >> UInt64(8 - 8 * $0)) }
        case 8: bytes += [127 | mask] + (0..<8).map { UInt8(truncatingIfNeeded: payloadLength >> UInt64(56 - 8 * $0)) }
        default: bytes.append(UInt8(truncatingIfNeeded: payloadLength) & 0x7f | mask)
        }
        if let maskingKey { bytes += (0..<4).map { UInt8(truncatingIfNeeded: maskingKey >> UInt32(24 - 8 * $0)) } }
        return bytes
    }
}
