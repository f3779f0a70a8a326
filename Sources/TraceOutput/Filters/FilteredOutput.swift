package import CaptureAnalysis
import WebSocketProtocol

/// A format with a filter in front of it: the format never sees what the filter drops.
///
/// ``EventFilter`` defines the rules. Until it is decided whether a connection is shown, at the latest at its `end`,
/// its `connection` event and at most ``maximumHeld`` more are held.
package struct FilteredOutput<Base: OutputFormat & ~Copyable>: OutputFormat, ~Copyable {
    /// The most events held of one connection, in addition to its first.
    static var maximumHeld: Int { 4 }
    /// The most bytes that the held events of all connections may take (``Event/cost``), not counting their first ones.
    static var maximumHeldBytes: Int { 8 << 20 }

    /// Events of undecided connections, and what the format holds, in bytes.
    package static var heldByteCount: Int { maximumHeldBytes &+ Base.heldByteCount }

    /// Whether a session is shown, and its first event until that is known, in bytes.
    package static var sessionByteCount: Int {
        3 * MemoryLayout<Session>.stride + MemoryLayout<HeldEvent>.stride + Base.sessionByteCount
    }

    /// The format.
    private(set) var base: Base
    private let filter: EventFilter
    private var pattern: PayloadPattern?
    private var sessions: [SessionID: Session] = [:]
    /// The highest connection number so far.
    private var connectionCount: UInt64 = 0
    private var undecidedEvents: UInt64 = 0
    private var shownEvents: UInt64 = 0
    /// The bytes of held events, not counting the first of each connection.
    private var heldBytes = 0

    /// A session that has not ended.
    private struct Session {
        /// Whether a handshake matched host and path; true if there is no such condition.
        var isChosen: Bool
        /// Whether its `connection` event was shown.
        var isAnnounced = false
        var held: [HeldEvent] = []
        /// The bytes of these, not counting the first.
        var heldBytes = 0
        /// How many events were dropped because too many were held.
        var dropped: UInt64 = 0
    }

    private struct HeldEvent {
        var event: Event
        var context: EventContext
    }

    /// Puts a filter in front of a format.
    ///
    /// - Throws: If the filter's pattern is invalid.
    package init(_ base: consuming Base, filter: EventFilter) throws(InvalidPattern) {
        pattern = if let grep = filter.grep { try PayloadPattern(grep) } else { nil }
        self.base = base
        self.filter = filter
    }

    /// What the format has printed and the owner has not drained yet.
    package var output: OutputBuffer {
        _read { yield base.output }
        _modify { yield &base.output }
    }

    package var outputCount: Int { base.outputCount }

    /// What the format wants, without the kinds of events that the filter drops.
    ///
    /// A pattern is matched against whole payloads, however little of them is shown. If the filter lists kinds of
    /// events, a trace has the deliveries of all messages or of none.
    package var demand: EventDemand {
        var demand = base.demand
        if !filter.isEmpty {
            demand.includesEncrypted = false
            demand.includesExchanges = false
        }
        // A summary shows no frames, but which sessions it lists depends on them.
        if filter.choosesPayloads { demand.includesFrames = true }
        if filter.grep != nil { demand.payload.bytes = .max }
        guard let events = filter.events else { return demand }
        if !events.contains(.end) { demand.includesIntervals = false }
        if demand.deliveries != .none { demand.deliveries = events.contains(.delivery) ? .all : .none }
        return demand
    }

    /// What was dropped without being asked for, and the requested connections that never came.
    package var omissions: FilterOmissions {
        var omissions = FilterOmissions()
        switch pattern {
        case .some(let pattern): omissions.unsearchedPayloads = pattern.limitHits
        case nil: break
        }
        omissions.undecidedEvents = undecidedEvents
        omissions.connectionCount = connectionCount
        omissions.shownEvents = shownEvents
        omissions.absentConnections = filter.connections.filter { $0 > connectionCount }.sorted()
        return omissions
    }

    /// Flushes the format.
    package mutating func flush() {
        base.flush()
    }

    /// Whether more of the format's output is waiting.
    package var hasMore: Bool { base.hasMore }

    /// Prints more of it.
    package mutating func printMore() {
        base.printMore()
    }

    /// The format's value.
    package static var isOneDocument: Bool { Base.isOneDocument }

    /// The format's value.
    package static var writesFile: Bool { Base.writesFile }

    /// Opens the format's file.
    package mutating func open(_ path: String?, named name: String) {
        base.open(path, named: name)
    }

    /// The format's failure.
    package var failure: String? { base.failure }

    /// Forwards an event, holds it, or drops it.
    package mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        let connection = context.connection
        connectionCount = max(connectionCount, connection)
        if connection > 0, !filter.connections.isEmpty, !filter.connections.contains(connection) { return }
        guard connection > 0, filter.choosesSessions || filter.choosesPayloads else {
            if filter.passesSender(event) { show(event, at: context, payload: payload) }
            return
        }
        switch event {
        case .connection:
            sessions[context.session] = Session(
                isChosen: !filter.choosesSessions, held: [HeldEvent(event: copy event, context: copy context)])
        case .handshake(let handshake):
            receive(handshake, event, at: context)
        case .end:
            guard let state = sessions.removeValue(forKey: context.session) else { return }
            heldBytes &-= state.heldBytes
            if state.isAnnounced { show(event, at: context, payload: payload) }
        case .frame, .message:
            guard sessions[context.session]?.isChosen == true, filter.passes(event), pattern?.matches(payload) ?? true
            else { return }
            announce(context.session)
            show(event, at: context, payload: payload)
        default:
            receiveOther(event, at: context)
        }
    }

    /// Drops a handshake that does not match, and if it was accepted, the session after it.
    private mutating func receive(
        _ handshake: borrowing Handshake, _ event: borrowing Event, at context: borrowing EventContext
    ) {
        guard var state = sessions[context.session] else { return }
        if filter.choosesSessions {
            if filter.matches(host: handshake.host, target: handshake.target) {
                state.isChosen = true
            } else {
                if handshake.isAccepted { state.isChosen = false }
                sessions[context.session] = state
                return
            }
        }
        sessions[context.session] = state
        if filter.choosesPayloads, !state.isAnnounced {
            hold(event, at: context)
        } else {
            announce(context.session)
            show(event, at: context, payload: Span())
        }
    }

    /// A gap, resync, delivery, finding or segment.
    private mutating func receiveOther(_ event: borrowing Event, at context: borrowing EventContext) {
        guard !filter.choosesPayloads, filter.passesSender(event), let state = sessions[context.session] else {
            return
        }
        if state.isChosen {
            show(event, at: context, payload: Span())
        } else if !state.isAnnounced {
            hold(event, at: context)
        }
    }

    private mutating func hold(_ event: borrowing Event, at context: borrowing EventContext) {
        guard var state = sessions.removeValue(forKey: context.session) else { return }
        let cost = MemoryLayout<HeldEvent>.stride &+ event.cost
        if state.held.count <= Self.maximumHeld, cost <= Self.maximumHeldBytes &- heldBytes {
            heldBytes &+= cost
            state.heldBytes &+= cost
            state.held.append(HeldEvent(event: copy event, context: copy context))
        } else {
            state.dropped &+= 1
        }
        sessions[context.session] = state
    }

    /// Shows the held events of a connection.
    private mutating func announce(_ session: SessionID) {
        guard sessions[session]?.isAnnounced == false,
            var state = sessions.removeValue(forKey: session)
        else { return }
        let held = state.held
        state.isAnnounced = true
        state.held = []
        heldBytes &-= state.heldBytes
        state.heldBytes = 0
        undecidedEvents &+= state.dropped
        sessions[session] = state
        for one in held {
            show(one.event, at: one.context, payload: Span())
        }
    }

    private mutating func show(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        if let events = filter.events {
            guard events.contains(EventKind(event)) else { return }
            shownEvents &+= 1
        } else if context.connection > 0 {
            shownEvents &+= 1
        }
        base.receive(event, at: context, payload: payload)
    }
}
