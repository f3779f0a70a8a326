import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What reads a segment whose turn is to come, if a layer does.
struct LayerAhead {
    /// The layer.
    let layer: Slot<LayerReader>
    /// The session that it carries.
    let session: Slot<Session>
    /// Who sent the segment.
    let direction: Direction
}

/// How the state of layers, and of what they carry, is brought near ahead of segments' turns.
///
/// One thing points to the next, so this takes steps, each of which looks only at what the one before has brought:
/// ``prepare(_:)``, ``lookFurther(_:)``, ``lookAt(_:step:)``. Each is taken for all segments of a batch before the
/// next.
extension Shard {
    /// Goes on from ``prepare(_:)``.
    ///
    /// - Returns: What reads the segment; nil if there is nothing to be brought near.
    mutating func lookFurther(_ entry: inout PacketAhead) -> LayerAhead? {
        guard entry.segment.payloadLength > 0, let slot = entry.slot,
            case .layer(let layer) = readers.connections[slot.index].reader, readers.layers.isUsed(layer),
            !readers.layers[layer].isSpent,
            let session = readers.layers[layer].session, readers.sessions.isUsed(session)
        else { return nil }
        readers.layers[layer].prefetch()
        if let channel = readers.layers[layer].only { readers.channels.prefetch(channel, 0..<Channel.size) }
        readers.sessions.prefetch(session, Session.headBytes)
        readers.sessions.prefetch(session, Session.carrierBytes)
        let isInitiator = table.connections[slot].initiator.port == entry.segment.source.port
        return LayerAhead(layer: layer, session: session, direction: isInitiator ? .fromInitiator : .fromResponder)
    }

    /// How many steps follow ``lookFurther(_:)``.
    static var lookSteps: Int { 2 }

    /// Takes a further step.
    ///
    /// - Parameters:
    ///   - ahead: What ``lookFurther(_:)`` has returned; its connection is open as it was then.
    ///   - step: The 0-based step.
    mutating func lookAt(_ ahead: LayerAhead, step: Int) {
        readers.layers[ahead.layer].prefetch(step: step, ahead.direction)
        guard step == 0 else { return }
        let role = Role(ahead.direction, client: readers.sessions[ahead.session].clientDirection)
        let (counts, decoder) = Session.hotBytes(of: role)
        readers.sessions.prefetch(ahead.session, counts)
        readers.sessions.prefetch(ahead.session, decoder)
        readers.sessions[ahead.session].prefetchCarriers()
    }
}
