import TCPReassembly
import TLSDecryption
import WebSocketProtocol
import WireFormat

/// What TLS shows beside plaintext, reported to the sessions inside it.
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

    /// Whether nothing of a stream can be read: the capture has no byte of it, or no secret.
    @inline(__always)
    mutating func isUnseen(_ direction: Direction, of feed: Feed) -> Bool {
        table.connections[feed.connection].isUnseen(direction) || isHidden(direction, of: feed)
    }

    /// Whether nothing of a stream can be decrypted.
    @inline(__always)
    mutating func isHidden(_ direction: Direction, of feed: Feed) -> Bool {
        feed.channel != nil && readers.obstacle(to: direction, of: feed) != nil
    }

    /// Whether nothing of one of two streams can be decrypted.
    @inline(__always)
    mutating func isHalfHidden(_ feed: Feed) -> Bool {
        isHidden(.fromInitiator, of: feed) || isHidden(.fromResponder, of: feed)
    }

    /// Reports, of a session that begins, which end's secret is missing.
    mutating func reportHidden(
        _ feed: Feed, client: Direction, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        for direction in Direction.allCases where readers.obstacle(to: direction, of: feed) == .noSecret {
            let finding = Finding(Rule(.tlsNoSecret), from: Role(direction, client: client))
            workspace.report(finding, at: context, into: &sink)
        }
    }

    /// Reports what is wrong with records.
    mutating func report(
        _ problem: TLSProblem, from direction: Direction, _ layer: Slot<LayerReader>, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let rule = Rule(Observation(problem))
        let sessions = readers.sessions(in: layer)
        guard !sessions.isEmpty else {
            // No session can be seen, and none will be.
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
    /// The rule of a problem with records.
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
    /// The first fatal one, and when it came.
    var fatal: (alert: Alert, time: Timestamp)? { first.map { ($0.alert, $0.time) } }
    private var first: Fatal?
    /// Whether the client and the server have sent close_notify, by ``Role/index``.
    private(set) var hasClosed: InlineArray<2, Bool> = [false, false]
    /// The end of which nothing could be decrypted; nil if there is none.
    var undecrypted: Role?

    mutating func record(_ alert: Alert, at time: Timestamp) {
        if alert.isCloseNotify {
            hasClosed[alert.from.index] = true
        } else if alert.isFatal, first == nil {
            first = Fatal(alert, time)
        }
    }

    /// A box, since most connections have none.
    private final class Fatal: Sendable {
        let alert: Alert
        let time: Timestamp

        init(_ alert: Alert, _ time: Timestamp) {
            self.alert = alert
            self.time = time
        }
    }
}
