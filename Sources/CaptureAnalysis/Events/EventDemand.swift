public import WebSocketProtocol

/// The events that a receiver wants.
///
/// The analysis skips the work for everything else, but still counts it: totals and findings do not depend on the
/// demand.
public struct EventDemand: Hashable, Sendable {
    /// The messages that get a ``Delivery`` event.
    public enum Deliveries: Hashable, Sendable {
        /// None.
        case none
        /// Messages with a retransmitted byte, and those never acknowledged.
        case troubled
        /// All.
        case all
    }

    /// How much of each payload to keep.
    public var payload = PayloadDemand(bytes: .max, includesFrames: false)
    /// Whether to report frames, messages and TCP segments.
    public var includesFrames = true
    /// The messages whose deliveries to report; none unless ``includesFrames``.
    public var deliveries = Deliveries.troubled
    /// Whether ``SessionEnd`` contains the intervals between messages.
    public var includesIntervals = true
    /// Whether to report bytes that are in no frame (``EventSink/receiveUnframed(_:_:)``).
    package var includesUnframedBytes = false
    /// Whether to fill in ``EventContext/view``, at a small cost for every packet.
    public var includesStates = false

    /// Whether to report each TLS connection that was not decrypted; they are counted in any case.
    public var includesEncrypted = false
    /// Whether to report each exchange of polling and event streams; their connections are counted in any case.
    ///
    /// If a client pipelines requests, only the first is reported.
    public var includesExchanges = false

    /// Creates the default demand: everything but states, TLS connections, frame payloads and untroubled deliveries.
    public init() {}

    /// The demand of a receiver of totals, sessions and findings.
    public static var totals: EventDemand {
        var demand = EventDemand()
        demand.payload.bytes = 0
        demand.includesFrames = false
        demand.deliveries = .none
        demand.includesIntervals = false
        return demand
    }

    /// Whether to follow messages until they are acknowledged.
    var followsDeliveries: Bool { includesFrames && deliveries != .none }
}
