public import WebSocketProtocol

/// What an analysis is to do.
public struct AnalysisOptions: Sendable {
    /// The names of the files or interfaces, for the first event.
    public var sources: [String] = []
    /// What is to be kept of the payloads.
    public var payload = PayloadDemand(bytes: .max, includesFrames: false)
    /// Whether events tell the states that packets leave (``EventContext/view``): it costs a little for every packet.
    public var tracksStates = false
    /// Whether the events of frames, messages and segments are wanted; what is not told is counted all the same.
    public var tellsFrames = true
    /// Of which messages the delivery is told, where frames and messages are.
    public var deliveries = DeliveryDemand.troubled
    /// Whether the ends of sessions tell of the time between messages.
    public var measuresIntervals = true
    /// Servers whose connections are WebSocket even where the capture holds no upgrade.
    public var assumedServers = AssumedServers()
    /// The bounds.
    public var limits = Limits()
    /// A number that senders cannot know, against chosen collisions in tables.
    public var secret: UInt64 = .random(in: .min ... .max)

    /// The defaults: payloads of messages are kept whole.
    public init() {}

    /// Whether messages are followed until they are acknowledged.
    var followsDeliveries: Bool { tellsFrames && deliveries != .none }
}
