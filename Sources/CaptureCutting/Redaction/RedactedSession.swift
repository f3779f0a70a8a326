import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// One direction of a connection.
struct StreamKey: Hashable {
    var record: UInt64
    var direction: Direction
}

/// What is known of a stream.
struct RedactedStream {
    var heads = ExtentIndex()
    var frames = ExtentIndex()
    /// Extents that are not in ``frames`` yet, because an incomplete message's payload belongs between them.
    var pending: [Extent] = []
    /// The end of the last frame.
    var frontier: UInt64?
    /// The bytes so far of a header that begins at ``frontier``; all but the masking key are already in the output.
    var partialHeader: [UInt8] = []
    /// The frame from which on lengths are misread, so that segments begin with headers for which no frame is reported.
    var misread: UInt64?
    /// The offsets, in order, of bytes that are out of band and therefore not counted by frames.
    var outOfBand: [UInt64] = []
    /// Where the stream stops being frames; nil if it does not.
    var stop: UInt64?
    /// The replaced text, as far as it is known, of a frame that begins there and is never complete.
    var unfinished: [UInt8] = []

    /// The most out-of-band bytes that are remembered; beyond that, frames are filled.
    static var maximumOutOfBand: Int { 16 }

    /// The most extents that wait; beyond that, a message's payload is filled.
    static var maximumPending: Int { 1 << 17 }
}

/// A session that has not ended.
struct RedactedSession {
    let record: UInt64
    let client: Direction
    private var frames = InlineArray<2, [FramePlace]>(repeating: [])
    private var encoders = InlineArray<2, DeflateEncoder?>(repeating: DeflateEncoder(window: 256))
    /// Whether there is memory for what messages inflated to, which later ones may refer to.
    var keepsHistory = true
    private var takesOver = InlineArray<2, Bool>(repeating: false)

    /// The most frames of a message that are followed.
    private static var maximumFrames: Int { 1 << 16 }

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

    /// Adds a frame of a message.
    ///
    /// - Returns: Whether there was room.
    mutating func add(_ place: FramePlace, from role: Role) -> Bool {
        guard frames[role.index].count < Self.maximumFrames else { return false }
        frames[role.index].append(place)
        return true
    }

    /// How many frames it follows.
    var frameCount: Int { frames[0].count &+ frames[1].count }

    /// Whether an end has begun a message that is not complete.
    func hasFrames(of role: Role) -> Bool { !frames[role.index].isEmpty }

    mutating func takeFrames(of role: Role) -> [FramePlace] {
        defer { frames[role.index] = [] }
        return frames[role.index]
    }

    mutating func compress(_ bytes: [UInt8], toExactly count: Int, from role: Role) -> [UInt8]? {
        guard let payload = encoders[role.index]?.encode(bytes, toExactly: count) else { return nil }
        remember(bytes, from: role)
        return payload
    }

    /// Compresses a text without content: filler, or one that refers to earlier messages.
    mutating func compressFiller(_ length: Int, toExactly count: Int, from role: Role) -> [UInt8]? {
        if let payload = compress(Filler.text(length), toExactly: count, from: role) { return payload }
        let history = encoders[role.index]?.history ?? []
        for period in 1...8 where period <= history.count {
            let end = Array(history.suffix(period))
            // No letters, so no words, and no part of a multi-byte character.
            guard end.allSatisfy({ $0 < 0x80 }), end.contains(where: { !($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) })
            else {
                continue
            }
            let text = (0..<length).map { end[$0 % period] }
            if let payload = compress(text, toExactly: count, from: role) { return payload }
        }
        let run = [UInt8](repeating: DeflateEncoder.runCharacter, count: min(length, DeflateEncoder.longestHistory))
        if let payload = DeflateEncoder.encodeRun(length, toExactly: count) {
            remember(run, from: role)
            return payload
        }
        if let payload = DeflateEncoder.encodeUnfinished(Filler.text(length), toExactly: count) {
            remember(Filler.text(length), from: role)
            return payload
        }
        return nil
    }

    private mutating func remember(_ bytes: [UInt8], from role: Role) {
        guard takesOver[role.index], let history = encoders[role.index]?.history else { return }
        guard keepsHistory else { return breakContext(of: role) }
        encoders[role.index]?.history = Array((history + bytes).suffix(DeflateEncoder.longestHistory))
    }

    /// Records that what earlier messages inflated to is no longer known.
    mutating func breakContext(of role: Role) {
        encoders[role.index]?.history = []
    }
}

extension Role {
    var index: Int { self == .client ? 0 : 1 }
}
