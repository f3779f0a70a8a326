public import CaptureAnalysis
import WebSocketProtocol

/// A format behind a filter: what the filter leaves out, the format never sees.
///
/// ``EventFilter`` tells the rules.
///
/// A connection whose showing is not decided yet is held: its `connection` event and at most ``maximumHeld`` further
/// ones. It is held no longer than until its `end`.
public struct FilteredOutput<Base: OutputFormat & ~Copyable>: OutputFormat, ~Copyable {
    /// The most events that are held of one connection, beside its first.
    public static var maximumHeld: Int { 4 }

    /// The format.
    public private(set) var base: Base
    private let filter: EventFilter
    private var pattern: PayloadPattern?
    private var connections: [UInt64: Connection] = [:]
    /// The highest number of a connection so far.
    private var connectionCount: UInt64 = 0
    private var undecidedEvents: UInt64 = 0

    /// What is known of a connection that was seen and is not over.
    private struct Connection {
        /// Whether a handshake was asked for by host and path; true where any would do.
        var isChosen: Bool
        /// Whether its `connection` event was shown.
        var isAnnounced = false
        var held: [HeldEvent] = []
        /// Events that were not held, beyond the most that are.
        var leftOut: UInt64 = 0
    }

    private struct HeldEvent {
        var event: Event
        var context: EventContext
    }

    /// Puts a filter before a format.
    ///
    /// - Throws: Where the filter's pattern cannot be compiled.
    public init(_ base: consuming Base, filter: EventFilter) throws(InvalidPattern) {
        pattern = if let grep = filter.grep { try PayloadPattern(grep) } else { nil }
        self.base = base
        self.filter = filter
    }

    /// What the format printed and nobody drained yet.
    public var output: OutputBuffer {
        _read { yield base.output }
        _modify { yield &base.output }
    }

    /// What the format wants, less the kinds of events that the filter drops.
    ///
    /// A pattern is matched against whole payloads, however little of them is shown. Where the filter lists kinds of
    /// events, a trace holds the deliveries of all messages or of none.
    public var demand: EventDemand {
        var demand = base.demand
        if filter.grep != nil { demand.payload.bytes = .max }
        guard let events = filter.events else { return demand }
        if !events.contains(.end) { demand.includesIntervals = false }
        if demand.deliveries != .none { demand.deliveries = events.contains(.delivery) ? .all : .none }
        return demand
    }

    /// What was left out that nobody asked for, and which connections were asked for that did not come.
    public var omissions: FilterOmissions {
        var omissions = FilterOmissions()
        switch pattern {
        case .some(let pattern): omissions.unsearchedPayloads = pattern.limitHits
        case nil: break
        }
        omissions.undecidedEvents = undecidedEvents
        omissions.connectionCount = connectionCount
        omissions.absentConnections = filter.connections.filter { $0 > connectionCount }.sorted()
        return omissions
    }

    /// Prints what is held back for the sake of the next event.
    public mutating func flush() {
        base.flush()
    }

    /// Hands an event on, holds it, or leaves it out.
    public mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        let connection = context.connection
        connectionCount = max(connectionCount, connection)
        if connection > 0, !filter.connections.isEmpty, !filter.connections.contains(connection) { return }
        guard connection > 0, filter.choosesSessions || filter.choosesPayloads else {
            if isFromAskedFor(event) { show(event, at: context, payload: payload) }
            return
        }
        switch event {
        case .connection:
            connections[connection] = Connection(
                isChosen: !filter.choosesSessions, held: [HeldEvent(event: copy event, context: copy context)])
        case .handshake(let handshake):
            receive(handshake, event, at: context)
        case .end:
            if connections.removeValue(forKey: connection)?.isAnnounced == true {
                show(event, at: context, payload: payload)
            }
        case .frame, .message:
            guard connections[connection]?.isChosen == true, isAskedFor(event, payload: payload) else { return }
            announce(connection)
            show(event, at: context, payload: payload)
        default:
            receiveOther(event, at: context)
        }
    }

    /// A handshake that is not the one asked for is left out, and with an accepted one the whole session behind it.
    private mutating func receive(
        _ handshake: borrowing Handshake, _ event: borrowing Event, at context: borrowing EventContext
    ) {
        guard var state = connections[context.connection] else { return }
        if filter.choosesSessions {
            if filter.matches(host: handshake.host, target: handshake.target) {
                state.isChosen = true
            } else {
                if handshake.isAccepted { state.isChosen = false }
                connections[context.connection] = state
                return
            }
        }
        connections[context.connection] = state
        if filter.choosesPayloads, !state.isAnnounced {
            hold(event, at: context)
        } else {
            announce(context.connection)
            show(event, at: context, payload: Span())
        }
    }

    /// A gap, a resync, a delivery, a finding, a segment.
    private mutating func receiveOther(_ event: borrowing Event, at context: borrowing EventContext) {
        guard !filter.choosesPayloads, isFromAskedFor(event), let state = connections[context.connection] else {
            return
        }
        if state.isChosen {
            show(event, at: context, payload: Span())
        } else if !state.isAnnounced {
            hold(event, at: context)
        }
    }

    private mutating func hold(_ event: borrowing Event, at context: borrowing EventContext) {
        guard var state = connections.removeValue(forKey: context.connection) else { return }
        if state.held.count <= Self.maximumHeld {
            state.held.append(HeldEvent(event: copy event, context: copy context))
        } else {
            state.leftOut &+= 1
        }
        connections[context.connection] = state
    }

    /// Shows what is held of a connection.
    private mutating func announce(_ connection: UInt64) {
        guard connections[connection]?.isAnnounced == false,
            var state = connections.removeValue(forKey: connection)
        else { return }
        let held = state.held
        state.isAnnounced = true
        state.held = []
        undecidedEvents &+= state.leftOut
        connections[connection] = state
        for one in held {
            show(one.event, at: one.context, payload: Span())
        }
    }

    private mutating func show(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        if let events = filter.events, !events.contains(EventKind(event)) { return }
        base.receive(event, at: context, payload: payload)
    }

    /// Whether a frame or message is asked for.
    private mutating func isAskedFor(_ event: borrowing Event, payload: Span<UInt8>) -> Bool {
        guard isFromAskedFor(event) else { return false }
        let opcode: Opcode
        switch event {
        case .frame(let frame): opcode = frame.frame.header.opcode
        case .message(let message): opcode = message.message.isText ? .text : .binary
        default: return false
        }
        if let opcodes = filter.opcodes, !opcodes.contains(opcode) { return false }
        if filter.grep != nil, EventKind(event) == .frame, !opcode.isControl { return false }
        return pattern?.matches(payload) ?? true
    }

    /// Whether an event's sender is asked for, where it has one.
    private func isFromAskedFor(_ event: borrowing Event) -> Bool {
        guard let asked = filter.from else { return true }
        let from: Role? =
            switch event {
            case .frame(let frame): frame.from
            case .message(let message): message.from
            case .gap(let gap): gap.from
            case .resync(let resync): resync.from
            case .delivery(let delivery): delivery.from
            case .segment(let segment): segment.from
            case .finding(let finding): finding.from
            case .capture, .connection, .handshake, .end, .summary: nil
            }
        return from == nil || from == asked
    }
}
