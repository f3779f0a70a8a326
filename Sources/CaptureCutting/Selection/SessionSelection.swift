package import CaptureAnalysis
package import PacketCapture
package import TLSDecryption
package import TraceOutput
package import WireFormat

/// What an analysis of a capture has found: which connections are wanted, and the span of the whole capture.
package final class SelectedConnections: @unchecked Sendable {
    /// A wanted connection; small, since each has one.
    package struct Connection: Sendable {
        /// Whether it has a session inside another layer than TCP, such as TLS.
        package var isEncrypted = false
        /// Whether that is TLS.
        package var usesTLS = false
    }

    /// What else to keep of wanted connections.
    package struct Details: OptionSet, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// What to note about their sessions.
        package static let comments = Details(rawValue: 1)
        /// The randoms of ClientHellos whose secrets decrypt their sessions.
        package static let clientRandoms = Details(rawValue: 2)
    }

    /// The wanted connections by ``ConnectionStart/record``.
    package fileprivate(set) var connections: [UInt64: Connection] = [:]
    /// Connections that are certainly not WebSocket, if all others are wanted and ``connections`` is empty; nil if only
    /// ``connections`` are wanted.
    package var others: Set<UInt64>?
    /// By number: packets that belong to a connection, although they came while another one had its place.
    package fileprivate(set) var earlierPackets: [UInt64: UInt64] = [:]
    /// How many sessions passed the filter, and how many there were.
    package fileprivate(set) var sessionCount: (wanted: UInt64, all: UInt64) = (0, 0)
    /// Requested numbers that no connection has.
    package fileprivate(set) var absentConnections: [UInt64] = []
    /// How many connections use TLS, wanted or not.
    package fileprivate(set) var tlsConnectionCount: UInt64 = 0
    /// The time of the first packet; nil if there is none.
    package fileprivate(set) var start: Timestamp?
    /// The time of the last packet.
    package fileprivate(set) var end = Timestamp(nanoseconds: 0)
    /// The number of the last packet.
    package fileprivate(set) var lastPacket: UInt64 = 0

    /// What a file with the packets of wanted connections says about the whole capture; nil if the capture has no
    /// packets.
    package var part: CapturePart? {
        start.map { CapturePart(first: $0, last: end, packetCount: lastPacket, keepsNumbers: false) }
    }

    /// The span of the whole capture, which ends later than a file with the packets of wanted connections may; nil if
    /// it has no packets.
    package var span: CaptureSpan? {
        start.map { CaptureSpan(start: $0, end: end, lastPacket: nil) }
    }

    /// How many wanted sessions no comment names, for lack of room.
    package private(set) var uncommentedSessions: UInt64 = 0

    fileprivate let details: Details
    private var comments: [UInt64: String] = [:]
    private var clientRandoms: [UInt64: [Random]] = [:]
    /// How many bytes are left for comments.
    private var commentRoom: Int

    /// The most bytes of comments that are kept, counting an extra 128 for each.
    package static var maximumCommentBytes: Int { 16 << 20 }

    /// Creates a selection of nothing.
    ///
    /// - Parameters:
    ///   - details: What to keep of each connection.
    ///   - commentBytes: The most bytes of comments to keep.
    package init(keeping details: Details = [], commentBytes: Int = maximumCommentBytes) {
        self.details = details
        commentRoom = commentBytes
    }

    /// Removes and returns the comment on a connection's sessions.
    package func takeComment(of record: UInt64) -> String? {
        comments.isEmpty ? nil : comments.removeValue(forKey: record)
    }

    /// Removes and returns the randoms of ClientHellos whose secrets decrypt a connection's sessions.
    package func takeClientRandoms(of record: UInt64) -> [Random] {
        clientRandoms.isEmpty ? [] : clientRandoms.removeValue(forKey: record) ?? []
    }

    /// Adds a session's note to the comment on its connection, if there is room.
    fileprivate func add(_ note: String, to record: UInt64) {
        let old = comments[record]
        let cost = note.utf8.count &+ (old == nil ? 128 : 1)
        guard cost <= commentRoom, (old?.utf8.count ?? 0) &+ note.utf8.count < 4096 else {
            uncommentedSessions &+= 1
            return
        }
        commentRoom &-= cost
        comments[record] = old.map { "\($0)\n\(note)" } ?? note
    }

    fileprivate func add(_ random: Random, to record: UInt64) {
        let known = clientRandoms[record] ?? []
        if known.count < 16, !known.contains(random) { clientRandoms[record] = known + [random] }
    }

    /// The connection that a packet belongs to, if it is wanted.
    package func wanted(_ owner: SegmentOwner, packet: UInt64) -> UInt64? {
        if !earlierPackets.isEmpty, let record = earlierPackets[packet] { return record }
        guard let record = owner.record, connections[record] != nil else { return nil }
        return record
    }

    /// Whether a packet is wanted.
    ///
    /// - Parameters:
    ///   - packet: Its number.
    ///   - record: ``SegmentOwner/record`` of the connection that it was received for; any other number if it belongs
    ///     to none.
    /// - Returns: Whether it is.
    package func isWanted(packet: UInt64, of record: UInt64) -> Bool {
        if !earlierPackets.isEmpty, earlierPackets[packet] != nil { return true }
        if let others { return !others.contains(record) }
        return connections[record] != nil
    }
}

/// Follows the sessions of a capture and selects those that pass a filter.
///
/// It prints nothing, and is an ``OutputFormat`` only to receive the events of an analysis.
package struct SessionSelection: OutputFormat, ~Copyable {
    package var output = OutputBuffer(capacity: 16)
    private let filter: SessionFilter
    private let selected: SelectedConnections
    private var open: [SessionID: Session] = [:]
    private var connectionCount: UInt64 = 0

    /// A session that has not ended.
    private struct Session {
        var record: UInt64
        var start: Timestamp
        var firstPacket: UInt64?
        /// Nil if there are no comments.
        var note: SessionNote?
        var isEncrypted: Bool
        var usesTLS: Bool
        var clientRandom: Random?
        /// Whether host and path match.
        var isChosen: Bool
        var hasFinding = false
    }

    /// Creates a selection.
    ///
    /// - Parameters:
    ///   - filter: Which sessions are wanted.
    ///   - selected: Receives the connections that have such sessions.
    package init(_ filter: SessionFilter, into selected: SelectedConnections) {
        self.filter = filter
        self.selected = selected
    }

    package var demand: EventDemand { .totals }

    /// Comments, and the numbers of a million connections, in bytes.
    package static var heldByteCount: Int { SelectedConnections.maximumCommentBytes &+ 24 << 20 }

    /// A session in the dictionary, which grows by copying, in bytes.
    package static var sessionByteCount: Int { 3 * (MemoryLayout<Session>.stride + MemoryLayout<SessionID>.stride) }

    package mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        switch event {
        case .capture(let start): selected.start = start.start
        case .connection(let start):
            connectionCount = max(connectionCount, context.connection)
            let (time, id) = (context.time, context.session)
            open[id] = Session(
                record: start.record, start: start.tcp.syn?.time ?? time,
                firstPacket: start.tcp.syn?.packet,
                note: selected.details.contains(.comments) ? SessionNote(start) : nil,
                isEncrypted: start.encryption != nil || id.stream != nil, usesTLS: start.encryption != nil,
                clientRandom: start.encryption?.clientRandom, isChosen: !filter.events.choosesSessions)
        case .handshake(let handshake):
            guard var session = open.removeValue(forKey: context.session) else { return }
            session.note?.record(handshake)
            if filter.events.choosesSessions {
                let matches = filter.events.matches(host: handshake.host, target: handshake.target)
                if matches || handshake.isAccepted { session.isChosen = matches }
            }
            open[context.session] = session
        case .finding(let finding):
            if filter.findings.contains(where: { $0.matches(finding) }) { open[context.session]?.hasFinding = true }
        case .end(let end): take(end, at: context)
        case .summary(let summary):
            selected.end = context.time
            selected.tlsConnectionCount = summary.encrypted.total
            selected.lastPacket = context.packet
            selected.absentConnections = filter.events.connections.filter { $0 > connectionCount }.sorted()
        case .segment, .alert, .encrypted, .exchange, .frame, .message, .gap, .resync, .delivery: break
        }
    }

    private mutating func take(_ end: borrowing SessionEnd, at context: borrowing EventContext) {
        guard let session = open.removeValue(forKey: context.session) else { return }
        selected.sessionCount.all &+= 1
        guard isWanted(session, end, at: context) else { return }
        selected.sessionCount.wanted &+= 1
        if selected.others == nil {
            var connection = selected.connections[session.record] ?? SelectedConnections.Connection()
            connection.isEncrypted = connection.isEncrypted || session.isEncrypted
            connection.usesTLS = connection.usesTLS || session.usesTLS
            selected.connections[session.record] = connection
        }
        if selected.details.contains(.clientRandoms), let random = session.clientRandom {
            selected.add(random, to: session.record)
        }
        if let note = session.note { selected.add(note.text(end), to: session.record) }
        if let packet = session.firstPacket, packet < session.record {
            selected.earlierPackets[packet] = session.record
        }
    }

    private func isWanted(
        _ session: Session, _ end: borrowing SessionEnd, at context: borrowing EventContext
    ) -> Bool {
        let numbers = filter.events.connections
        let number = context.connection
        guard numbers.isEmpty || numbers.contains(number), session.isChosen else { return false }
        let verdict = end.verdict
        guard filter.verdicts.isEmpty || filter.verdicts.contains(where: { $0.matches(verdict) }) else { return false }
        guard filter.findings.isEmpty || session.hasFinding else { return false }
        let first = selected.start ?? session.start
        if let from = filter.start, session.start.nanoseconds &+ end.duration < from.time(in: first).nanoseconds {
            return false
        }
        if let until = filter.end, session.start > until.time(in: first) { return false }
        return true
    }
}
