import TCPReassembly
import TLSDecryption
import WebSocketProtocol
import WireFormat

/// What is reported of TLS connections that were not decrypted.
extension Shard {
    /// Counts such a connection, which is over, by its server, and reports it if the demand includes that.
    mutating func reportEncrypted(
        _ layer: Slot<LayerReader>, of feed: Feed, _ cause: EndCause, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard feed.channel == nil, let outcome = readers.layers[layer].layer.encryptedOutcome,
            let obstacle = outcome.obstacle,
            outcome.hasHello || outcome.beginsMidstream
        else { return }
        let slot = feed.connection
        let client = outcome.client ?? .fromInitiator
        let transport = TransportEnd(&table.connections[slot], client: client, cause: cause)
        let passed = readers.layers[layer].passed.map { readers.passed[$0] } ?? PassedTraffic()
        let bytes: InlineArray<2, UInt64> = [
            table.connections[slot].nextOffset(of: .fromInitiator) &+ passed.bytes[0],
            table.connections[slot].nextOffset(of: .fromResponder) &+ passed.bytes[1],
        ]
        let alert = outcome.facts.fatalAlert.map { fatal in
            Alert(
                from: Role(fatal.from, client: client), name: fatal.alert.name, code: fatal.alert.code, isFatal: true)
        }
        let ending = Self.ending(alert, transport, client: client)
        let endTime = transport.firstEndTime ?? transport.lastTime
        let connection = EncryptedConnection(
            client: table.connections[slot].endpoint(sending: client),
            server: table.connections[slot].endpoint(sending: client.opposite),
            encryption: Encryption(outcome), offeredProtocols: outcome.facts.offeredProtocols,
            hasEncryptedHello: outcome.facts.hasEncryptedHello, obstacle: EncryptedConnection.Obstacle(obstacle),
            bytesFromClient: bytes[client.index], bytesFromServer: bytes[client.opposite.index],
            duration: transport.duration, opensInCapture: table.connections[slot].isOpeningKnown,
            silence: passed.silence(before: endTime),
            by: ending.party, layer: ending.layer, alert: alert)
        totals.count(connection, endTime: endTime.nanoseconds)
        guard workspace.options.demand.includesEncrypted else { return }
        sink.receive(.encrypted(connection), at: workspace.context(.none, view: .unknown), payload: Span())
    }

    /// Counts a segment that cannot be decrypted.
    ///
    /// - Parameters:
    ///   - length: Its payload bytes.
    ///   - direction: Who sent it.
    ///   - layer: The layer of its connection.
    ///   - time: Its packet's time.
    ///   - previous: The previous packet's time.
    @inline(__always)
    mutating func countPassed(
        _ length: Int, from direction: Direction, on layer: Slot<LayerReader>, at time: Timestamp,
        after previous: Timestamp
    ) {
        if let slot = readers.layers[layer].passed {
            readers.passed[slot].count(length, from: direction, at: time, after: previous)
        } else {
            var first = PassedTraffic()
            first.count(length, from: direction, at: time, after: previous)
            readers.layers[layer].passed = readers.passed.insert(first)
        }
    }

    /// The ending of a connection whose frames cannot be seen.
    private static func ending(_ alert: Alert?, _ transport: TransportEnd, client: Direction) -> SessionEnding {
        if let alert { return .tlsAlert(alert) }
        if transport.isTimeout { return .timeout }
        guard let end = transport.firstEnd else { return .captureEnd }
        let sender = Role(end.from, client: client)
        return end.isReset ? .reset(by: sender) : .fin(by: sender)
    }
}
