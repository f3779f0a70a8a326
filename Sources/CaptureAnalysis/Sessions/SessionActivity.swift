import WebSocketProtocol
import WireFormat

/// The times of a session's bytes and messages: the latest, the pauses between them, and the first FIN among them.
///
/// Only what comes before the first Close frame counts, as decided by the session.
struct SessionActivity {
    /// The latest times so far.
    private(set) var last: LastTimes
    /// The first FIN, and the times before it; nil if there is none.
    private(set) var firstFin: FirstFin?
    /// The pauses, and the bytes after the latest one.
    private(set) var pauses: PauseRecord?

    /// The shortest pause after which bytes begin a burst, in nanoseconds.
    static var shortestPause: UInt64 { 1_000_000_000 }

    /// Starts with the response to the upgrade; ``Timestamp/never`` if the capture lacks it.
    init(after answer: Timestamp) {
        last = LastTimes(byte: answer)
    }

    /// The memory that it takes besides its own value, in bytes.
    var cost: Int { (pauses == nil ? 0 : PauseRecord.cost) &+ (firstFin == nil ? 0 : FirstFin.cost) }

    /// Records a byte of a frame.
    @inline(__always)
    mutating func recordByte(from source: Provenance) {
        last.recordByte(from: source)
    }

    /// Records the end of a data message.
    @inline(__always)
    mutating func recordMessage(from source: Provenance) {
        last.recordMessage(from: source)
    }

    /// Records that a Pong came: the session has outlived its last message by that long.
    func recordPong(at time: Timestamp) {
        guard let pauses, last.message != .never else { return }
        pauses.messageSilence = max(pauses.messageSilence, time.nanoseconds(since: last.message))
    }

    /// Records bytes after a pause.
    ///
    /// - Parameters:
    ///   - source: Where they come from.
    ///   - start: Where they begin in the TCP stream that carries them.
    ///   - lastSpeaker: Who sent the bytes before them.
    ///   - pause: The length of the pause, in nanoseconds.
    ///   - isClosing: Whether a Close frame has come.
    /// - Returns: Whether that took memory.
    mutating func recordBurst(
        from source: Provenance, at start: UInt64, lastSpeaker: Role, after pause: Int64, isClosing: Bool
    ) -> Bool {
        let isOver = isAfterFin(source.origin)
        // After a FIN or RST, nothing changes the length of the silence before it.
        if pauses != nil, !isClosing, isOver { return false }
        let before = last.byte == .never ? nil : last.byte
        let burst = Burst(role: source.role, start: start, before: before, lastSpeaker: lastSpeaker)
        let isFirst = pauses == nil
        let record = pauses ?? PauseRecord(burst)
        pauses = record
        record.record(burst, after: before != nil && !isClosing && !isOver ? pause : nil)
        return isFirst
    }

    // MARK: The first FIN

    /// Records the first FIN, or another that turns out to be the first.
    ///
    /// - Returns: Whether that took memory.
    mutating func record(_ fin: FirstFin) -> Bool {
        defer { firstFin = fin }
        return firstFin == nil
    }

    /// Forgets the FIN, or the RST in place of one, since it ended nothing.
    mutating func forgetFin() { firstFin = nil }

    /// Whether a packet was captured after the first FIN.
    func isAfterFin(_ origin: Origin) -> Bool { firstFin.map { origin.packet > $0.packet } ?? false }

    /// The latest times before the FIN or RST of `packet` if that is the first, else before the first Close frame.
    func lastTimes(beforeFin packet: UInt64?) -> LastTimes {
        if let firstFin, let before = firstFin.before, firstFin.packet == packet { return before }
        return last
    }
}

/// The times of a session's latest bytes and messages; ``Timestamp/never`` if there were none.
struct LastTimes {
    /// The last byte of a frame, or the response to the upgrade.
    var byte = Timestamp.never
    /// The last end of a data message.
    var message = Timestamp.never
    /// The last byte of a frame of each end, by ``Role/index``.
    var ofEnds: InlineArray<2, Timestamp> = [.never, .never]

    /// Records a byte of a frame.
    @inline(__always)
    mutating func recordByte(from source: Provenance) {
        byte = max(byte, source.origin.time)
        ofEnds[source.index] = source.origin.time
    }

    /// Records the end of a data message.
    @inline(__always)
    mutating func recordMessage(from source: Provenance) {
        message = max(message, source.origin.time)
    }
}

extension Timestamp {
    /// The time of something that has not happened.
    static var never: Timestamp { Timestamp(nanoseconds: .min) }
}
