package import CaptureAnalysis
package import PacketDecoding
package import TraceOutput
import WebSocketProtocol
import WireFormat

/// Learns from an analysis what replaces the bytes of its streams, on a first pass over a capture, so that the second
/// pass can write the replacements.
///
/// Bytes without a replacement are overwritten with filler. Replacements and their offsets are spooled.
package struct RedactionPlan<Store: Spool & ~Copyable>: EventSink, ~Copyable {
    /// Counts of what was done.
    package internal(set) var totals = RedactionTotals()
    /// What the analysis has reported of the connections.
    package internal(set) var digest = TraceDigest()

    let keys: RedactionKeys
    private let keepsKeys: Bool
    private var proxies: SOCKSRedaction
    private var exchanges: [UInt64: Exchanges] = [:]
    private let wanted: SelectedConnections
    var store: Store
    var streams: [StreamKey: RedactedStream] = [:]
    private var heads: [StreamKey: HeadRedaction] = [:]
    var sessions: [SessionID: RedactedSession] = [:]
    var room: RedactionRoom
    var scratch = OutputBuffer(capacity: 1 << 16)
    /// Recently read blocks of indexes.
    var blocks: [BlockKey: [Extent]] = [:]

    /// Creates a plan.
    ///
    /// - Parameters:
    ///   - wanted: The connections to write.
    ///   - keepsKeys: Whether the keys of JSON objects stay.
    ///   - keys: What replacements depend on.
    ///   - addresses: Replaces addresses, in which case host names are replaced too; nil if both stay.
    ///   - store: Where replacements go.
    ///   - memory: The bytes that it may take.
    package init(
        for wanted: SelectedConnections, keepsKeys: Bool, keys: RedactionKeys, addresses: AddressPseudonyms?,
        store: consuming Store, memory: Int
    ) {
        room = RedactionRoom(bytes: memory)
        self.wanted = wanted
        self.keys = keys
        self.keepsKeys = keepsKeys
        proxies = SOCKSRedaction(
            values: HeadValues(pseudonyms: keys.heads, replacesHosts: addresses != nil), addresses: addresses)
        self.store = store
    }

    /// Replaces the text of a connection's frames.
    func text(of key: StreamKey) -> TextRedaction {
        TextRedaction(
            keepsKeys: keepsKeys, pseudonyms: keys.frames(of: key.record), hasOwnLetters: keys.isOther(key.record))
    }

    /// Why replacements were lost; nil if none were.
    package var failure: String? { store.failure }

    /// Whether anything is known of a connection; if not, it is filled.
    package func knows(_ record: UInt64) -> Bool {
        streams[StreamKey(record: record, direction: .fromInitiator)] != nil
            || streams[StreamKey(record: record, direction: .fromResponder)] != nil
    }

    /// What the analysis must report.
    package static var demand: EventDemand {
        var demand = EventDemand.totals
        demand.includesFrames = true
        demand.includesUnframedBytes = true
        demand.payload = PayloadDemand(bytes: .max, includesFrames: false)
        return demand
    }

    package mutating func receiveUnframed(_ bytes: Span<UInt8>, _ place: UnframedPlace) {
        switch place {
        case .opening(let offset, let direction, let record): takeOpening(bytes, at: offset, from: direction, record)
        case .textForFrames(let offset, let role, let id): takeText(bytes, at: offset, from: role, id)
        case .outOfBand(let next, let leftOut, let role, let id): takePlace(next, leftOut: leftOut, from: role, id)
        }
    }

    private mutating func takeOpening(
        _ bytes: Span<UInt8>, at offset: UInt64, from direction: Direction, _ record: UInt64
    ) {
        guard let connection = wanted.connections[record], !connection.isEncrypted else { return }
        let key = StreamKey(record: record, direction: direction)
        guard hasRoom(for: key) else { return }
        let pieces = heads[key, default: HeadRedaction()].take(
            bytes, at: offset, &proxies, &exchanges[record, default: Exchanges()])
        for piece in pieces where !piece.bytes.isEmpty {
            let extent = extent(piece.bytes, at: piece.offset)
            _ = streams[key, default: RedactedStream()].heads.add(extent, &store)
        }
    }

    /// Takes text in place of frames.
    private mutating func takeText(_ bytes: Span<UInt8>, at offset: UInt64, from role: Role, _ id: SessionID) {
        guard let session = sessions[id] else { return }
        let key = session.stream(of: role)
        let extent = extent(keys.heads.shaped(Array(copying: bytes)), at: offset)
        _ = streams[key, default: RedactedStream()].heads.add(extent, &store)
        streams[key]?.frontier = extent.end
    }

    /// Records that a byte was left out as out of band, before the one at `next`.
    private mutating func takePlace(_ next: UInt64, leftOut: UInt64, from role: Role, _ id: SessionID) {
        guard let session = sessions[id], next > 0 else { return }
        let key = session.stream(of: role)
        let known = streams[key, default: RedactedStream()].outOfBand.count
        guard leftOut == UInt64(known) + 1, known < RedactedStream.maximumOutOfBand else { return }
        streams[key]?.outOfBand.append(next &- 1)
    }

    package mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        if let session = sessions[context.session] { digest.add(event, at: context.time, of: session.record) }
        switch event {
        case .connection(let start):
            let id = context.session
            guard let connection = wanted.connections[start.record], !connection.isEncrypted else { return }
            guard hasRoom(for: StreamKey(record: start.record, direction: start.clientDirection)) else {
                totals.filledConnections &+= 1
                totals.firstFilled = min(totals.firstFilled ?? .max, start.record)
                return
            }
            sessions[id] = RedactedSession(record: start.record, client: start.clientDirection)
            digest.add(event, at: context.time, of: start.record)
            return
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

    /// Whether there is room for a stream, and for the other one of its connection.
    private mutating func hasRoom(for key: StreamKey) -> Bool {
        var other = key
        other.direction = key.direction.opposite
        if streams[key] != nil || streams[other] != nil { return true }
        // What the heads keep counts too.
        guard streams.count &+ heads.count < room.streams else { return false }
        streams[key] = RedactedStream()
        return true
    }

    private mutating func end(_ id: SessionID) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        room.frames &+= session.frameCount
        exchanges[session.record] = nil
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

    /// Learns where frames end, or where lengths are misread.
    private mutating func take(_ finding: Finding, _ id: SessionID) {
        guard let session = sessions[id], let role = finding.from, let offset = finding.streamOffset else { return }
        let key = session.stream(of: role)
        if finding.rule == Rule(Violation.implausible).id {
            if streams[key]?.stop == nil { streams[key]?.stop = offset }
        } else if finding.isOfMisreadLengths,
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
        let mask = header.maskingKey.map(keys.frames(of: key.record).maskingKey)
        defer { if sessions[id]?.hasFrames(of: event.from) != true { settle(key) } }
        put(header.bytes(key: mask), at: start, in: key)
        streams[key, default: RedactedStream()].frontier = start &+ UInt64(header.byteCount) &+ header.payloadLength
        let place = FramePlace(
            offset: start &+ UInt64(header.byteCount), length: length, key: mask, opcode: header.opcode)
        guard header.opcode.isControl else {
            // A fragment that continues nothing, or has a reserved opcode, belongs to no message.
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
            bytes = bytes.prefix(2) + text(of: key).redact(Array(bytes.dropFirst(2)), compressible: false)
        } else {
            bytes = keys.frames(of: key.record).binary(for: bytes)
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
                // An incomplete message is not inflated to its end, so a payload that inflates to nothing will do.
                if !message.isComplete, wire <= 1 << 20, let empty = DeflateEncoder.encodeNothing(toExactly: wire) {
                    put(empty, of: places, in: key)
                    return
                }
                totals.undecodable &+= 1
                if message.payload == .withheld(.incomplete) { digest.expectDifference(of: key.record) }
                for place in places {
                    put(Filler.undecodable(min(place.length, 1 << 20), at: place.offset), of: place, in: key)
                }
            } else {
                // Text begins like the original, as far as that is known.
                let beginning = message.isText ? text(of: key).redact(Array(copying: payload), compressible: false) : []
                fill(places, in: key, isText: message.isText, beginning: beginning)
                streams[key]?.unfinished = Array(beginning.dropFirst(wire).prefix(1 << 16))
            }
            return
        }
        let original = Array(copying: payload)
        var bytes =
            message.isText
            ? text(of: key).redact(original, compressible: message.isCompressed) : Filler.binary(original.count)
        if message.isCompressed {
            bytes = compress(bytes, original, toExactly: wire, at: message.streamOffset, id, event.from, message.isText)
        }
        put(bytes, of: places, in: key)
    }
}
