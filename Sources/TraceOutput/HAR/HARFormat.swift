package import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// What a HAR file shows.
package struct HAROptions: Hashable, Sendable {
    /// The most bytes of each payload.
    package var payload: PayloadLimit
    /// The version of the program that is named as the creator.
    package var version: String

    /// Creates options.
    package init(payload: PayloadLimit = .all, version: String) {
        self.payload = payload
        self.version = version
    }
}

/// An HTTP archive (HAR 1.2) with WebSocket messages as Chrome writes them; `docs/har.md` defines it.
///
/// An entry holds a whole session, so it is printed at the session's end. Until then its parts wait in a ``Spool``.
package struct HARFormat<Storage: Spool & ~Copyable>: OutputFormat, ~Copyable {
    /// The most bytes of all sessions together that wait in memory.
    static var bytesInMemory: Int { 16 << 20 }
    /// Bytes of output after which ``printMore()`` pauses.
    static var printedAtOnce: Int { 1 << 20 }

    /// What is printed but not drained yet.
    package var output = OutputBuffer()
    let options: HAROptions
    var clock = RFC3339Clock()
    /// A record that will be added to a session.
    var record = OutputBuffer()
    var spool: Storage
    var sessions: [SessionID: HARSession] = [:]
    /// The session whose entry is being printed.
    var printed: PrintedSession?
    /// The chunk that is being printed.
    var chunk = OutputBuffer(capacity: 64)
    private var hasEntries = false
    private var waitingBytes = 0

    /// Creates the format.
    package init(spool: consuming Storage, options: HAROptions) {
        self.spool = spool
        self.options = options
    }

    /// Frames, since control frames have their own payloads, and as much of messages as the options say.
    package var demand: EventDemand {
        var demand = EventDemand()
        demand.payload = PayloadDemand(bytes: options.payload.maximum, includesFrames: false)
        demand.deliveries = .none
        demand.includesIntervals = false
        demand.includesExchanges = true
        return demand
    }

    /// Messages wait for the end of their session.
    package static var heldByteCount: Int { bytesInMemory }

    /// A session, its entry in the table and the room for its next record, in bytes.
    package static var sessionByteCount: Int { 700 }

    /// An archive is one JSON value.
    package static var isOneDocument: Bool { true }

    /// Why records were lost.
    package var failure: String? { spool.failure }

    /// Prints an event, or keeps it until the end of its session.
    package mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        switch event {
        case .capture(let start): begin(start, at: context)
        case .connection(let start): sessions[context.session] = HARSession(start, at: context.time)
        case .handshake(let handshake):
            guard let session = sessions[context.session] else { return }
            write(handshake, of: session, at: context)
        case .frame(let frame) where frame.frame.header.opcode.isControl:
            guard let session = beginning(context.session, at: context) else { return }
            write(frame, of: session, payload: payload)
        case .message(let message):
            guard let session = beginning(context.session, at: context) else { return }
            write(message, of: session, payload: payload)
        case .gap:
            sessions[context.session]?.omissions.gaps &+= 1
        case .end(let end):
            self.end(end, at: context)
        case .summary: finish()
        case .exchange(let exchange): write(exchange, at: context)
        case .segment, .alert, .encrypted, .frame, .resync, .delivery, .finding: break
        }
    }

    /// A session whose entry has its beginning: without an upgrade if none was captured.
    private mutating func beginning(_ id: SessionID, at context: borrowing EventContext) -> HARSession? {
        guard let session = sessions[id] else { return nil }
        if !session.hasBegun { beginWithoutUpgrade(session, id) }
        return session
    }

    private mutating func end(_ end: borrowing SessionEnd, at context: borrowing EventContext) {
        // Before the session is forgotten, since the spool is emptied once no session is left.
        finishPrinting()
        guard let session = sessions.removeValue(forKey: context.session) else { return }
        waitingBytes -= session.bytesInMemory
        // A refused upgrade already has its entry.
        guard session.hasBegun || !session.isConnectionUsed else { return }
        if !session.hasBegun { beginWithoutUpgrade(session, context.session) }
        session.timings.receive = max(0, context.time.nanoseconds(since: session.answered))
        beginEntry()
        printed = PrintedSession(session, closing: closing(of: session, end, at: context))
        printMore()
    }

    /// Adds ``record`` to a session's messages or control frames.
    mutating func keep(of session: HARSession, asControl isControl: Bool, key: UInt64) {
        let before = session.bytesInMemory
        if isControl {
            session.controls.append(record, key: key, to: &spool)
        } else {
            session.messages.append(record, key: key, to: &spool)
        }
        waitingBytes += session.bytesInMemory - before
        record.removeAll()
        if waitingBytes > Self.bytesInMemory { spillAll() }
    }

    /// Begins a session's message that is too long for memory: the spool takes it piece by piece.
    mutating func beginLong(of session: HARSession, key: UInt64) -> SpooledRecords.Chunk {
        let before = session.bytesInMemory
        defer { waitingBytes += session.bytesInMemory - before }
        return session.messages.beginLong(key: key, to: &spool)
    }

    private mutating func spillAll() {
        for session in sessions.values {
            session.messages.spill(to: &spool, keepsMemory: false)
            session.controls.spill(to: &spool, keepsMemory: false)
        }
        waitingBytes = 0
    }

    /// Separates an entry from the one before it.
    mutating func beginEntry() {
        output.append(hasEntries ? ",\n" : "\n")
        hasEntries = true
    }

    private mutating func finish() {
        finishPrinting()
        output.append("\n]}}\n")
    }
}

/// The beginning of the archive.
extension HARFormat where Storage: ~Copyable {
    private mutating func begin(_ start: borrowing CaptureStart, at context: borrowing EventContext) {
        output.append(#"{"log":{"version":"1.2","creator":{"name":"wstap","version":"#)
        output.append(jsonString: options.version)
        output.append(#"},"pages":[{"startedDateTime":""#)
        clock.append(context.time, to: &output)
        output.append(#"","id":"page_1","title":"#)
        output.append(jsonString: start.sources.map(CaptureCounts.name(of:)).joined(separator: ", "))
        output.append(#","pageTimings":{"onContentLoad":-1,"onLoad":-1}}],"entries":["#)
    }
}
