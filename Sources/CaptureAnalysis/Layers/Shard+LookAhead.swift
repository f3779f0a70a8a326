import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// The readers of an upcoming segment, if a layer reads it.
struct LayerAhead {
    /// The layer.
    let layer: Slot<LayerReader>
    /// A session that the layer carries.
    let session: Slot<Session>
    /// Who sent the segment.
    let direction: Direction
}

/// How the state of layers, and of what they carry, is prefetched before segments' turns.
///
/// One object points to the next, so this takes several steps, each of which reads only what the previous one
/// prefetched: ``prepare(_:)``, ``lookFurther(_:)``, ``lookAt(_:step:)``. Each step is taken for all segments of a
/// batch before the next.
extension Shard {
    /// Continues from ``prepare(_:)``.
    ///
    /// - Returns: The segment's readers; nil if there is nothing to prefetch.
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

    /// The number of steps after ``lookFurther(_:)``.
    static var lookSteps: Int { 2 }

    /// Takes a further step.
    ///
    /// - Parameters:
    ///   - ahead: The result of ``lookFurther(_:)``; its connection has not changed since.
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
