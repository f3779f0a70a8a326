import TCPReassembly
import TLSDecryption
import WebSocketProtocol
import WireFormat

/// What TLS shows besides plaintext, as reported to the sessions in it.
extension Shard {
    /// Reports an alert.
    mutating func report(
        _ alert: TLSAlert, from direction: Direction, _ layer: Slot<LayerReader>, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        for session in readers.sessions(in: layer) {
            let role = readers.role(of: direction, in: session)
            let event = Alert(from: role, name: alert.name, code: alert.code, isFatal: alert.isFatal)
            readers.sessions[session].carriers?.alerts.record(event, at: workspace.time)
            guard workspace.options.demand.includesFrames else { continue }
            if tracksStates { updateView(of: session, &workspace) }
            sink.receive(.alert(event), at: workspace.context(readers.sessions[session].id), payload: Span())
        }
    }

    /// Whether a stream cannot be read at all: the capture has no byte of it, or there is no secret for it.
    @inline(__always)
    mutating func isUnseen(_ direction: Direction, of feed: Feed) -> Bool {
        table.connections[feed.connection].isUnseen(direction) || isHidden(direction, of: feed)
    }

    /// Whether a stream cannot be decrypted at all.
    @inline(__always)
    mutating func isHidden(_ direction: Direction, of feed: Feed) -> Bool {
        feed.channel != nil && readers.obstacle(to: direction, of: feed) != nil
    }

    /// Whether one of two streams cannot be decrypted at all.
    @inline(__always)
    mutating func isHalfHidden(_ feed: Feed) -> Bool {
        isHidden(.fromInitiator, of: feed) || isHidden(.fromResponder, of: feed)
    }

    /// Reports the end whose secret is missing, at the start of a session.
    mutating func reportHidden(
        _ feed: Feed, client: Direction, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        for direction in Direction.allCases where readers.obstacle(to: direction, of: feed) == .noSecret {
            let finding = Finding(Rule(.tlsNoSecret), from: Role(direction, client: client))
            workspace.report(finding, at: context, into: &sink)
        }
    }

    /// Reports a problem with records.
    mutating func report(
        _ problem: TLSProblem, from direction: Direction, _ layer: Slot<LayerReader>, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let rule = Rule(Observation(problem))
        let sessions = readers.sessions(in: layer)
        guard !sessions.isEmpty else {
            // No session is seen, and none will be.
            guard problem == .wrongSecret else { return }
            let context = workspace.context(.none, view: .unknown)
            return workspace.report(Finding(rule, from: nil), at: context, into: &sink)
        }
        for session in sessions {
            let role = readers.role(of: direction, in: session)
            if tracksStates { updateView(of: session, &workspace) }
            let offset = readers.layers[layer].channel(of: nil).map { readers.channels[$0].next[direction.index] }
            let context = workspace.context(readers.sessions[session].id)
            workspace.report(Finding(rule, from: role, at: offset), at: context, into: &sink)
        }
    }
}

extension Observation {
    /// The rule for a problem with records.
    fileprivate init(_ problem: TLSProblem) {
        self =
            switch problem {
            case .badRecord: .tlsBadRecord
            case .wrongSecret: .tlsWrongSecret
            case .noSecret: .tlsNoSecret
            case .renegotiation: .tlsRenegotiation
            case .lost: .tlsLost
            }
    }
}

/// The alerts on a session's connection.
struct AlertNotes {
    /// The first fatal alert, and its time.
    var fatal: (alert: Alert, time: Timestamp)? { first.map { ($0.alert, $0.time) } }
    private var first: Fatal?
    /// Whether the client and the server have sent close_notify, by ``Role/index``.
    private(set) var hasClosed: InlineArray<2, Bool> = [false, false]
    /// The end of whose stream nothing could be decrypted; nil if there is none.
    var undecrypted: Role?

    mutating func record(_ alert: Alert, at time: Timestamp) {
        if alert.isCloseNotify {
            hasClosed[alert.from.index] = true
        } else if alert.isFatal, first == nil {
            first = Fatal(alert, time)
        }
    }

    /// An object, since most connections have none.
    private final class Fatal: Sendable {
        let alert: Alert
        let time: Timestamp

        init(_ alert: Alert, _ time: Timestamp) {
            self.alert = alert
            self.time = time
        }
    }
}
