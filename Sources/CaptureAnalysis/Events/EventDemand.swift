public import WebSocketProtocol

/// Which events a receiver wants.
///
/// The analysis saves the work on everything else, but counts it all the same: totals and findings do not depend on the
/// demand.
public struct EventDemand: Hashable, Sendable {
    /// Which messages get a ``Delivery`` event.
    public enum Deliveries: Hashable, Sendable {
        /// None.
        case none
        /// Those with a retransmitted byte, and those never acknowledged.
        case troubled
        /// All.
        case all
    }

    /// How much of each payload to keep.
    public var payload = PayloadDemand(bytes: .max, includesFrames: false)
    /// Whether to report frames, messages and TCP segments.
    public var includesFrames = true
    /// Which messages to report deliveries of; none unless ``includesFrames``.
    public var deliveries = Deliveries.troubled
    /// Whether ``SessionEnd`` holds the intervals between messages.
    public var includesIntervals = true
    /// Whether bytes that are in no frame are reported (``EventSink/receiveUnframed(_:_:)``).
    package var includesUnframedBytes = false
    /// Whether ``EventContext/view`` is filled in, at a small cost for every packet.
    public var includesStates = false

    /// Whether TLS connections that were not decrypted are reported one by one; they are counted in any case.
    public var includesEncrypted = false
    /// Whether polling and event streams are reported, request by request; their connections are counted in any case.
    ///
    /// Of requests that a client sends without waiting for the answer to another, only the first is.
    public var includesExchanges = false

    /// Creates the default demand: everything but states, TLS connections, frames' own payloads and untroubled
    /// deliveries.
    public init() {}

    /// Creates the demand of a receiver of totals, sessions and findings.
    public static var totals: EventDemand {
        var demand = EventDemand()
        demand.payload.bytes = 0
        demand.includesFrames = false
        demand.deliveries = .none
        demand.includesIntervals = false
        return demand
    }

    /// Whether messages are followed until they are acknowledged.
    var followsDeliveries: Bool { includesFrames && deliveries != .none }
}
