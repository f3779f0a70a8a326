import TCPReassembly
import WebSocketProtocol
import WireFormat

/// Follows a connection until it is a session, and remembers where the upgrade request stood.
struct UpgradeWatch: ~Copyable {
    var follower: UpgradeFollower
    /// The number of the connection, once an upgrade was seen on it.
    var number: UInt64?
    /// The search for a session whose upgrade is not in the capture.
    var midstream: MidstreamSearch?
    /// The packet that completed the request at hand, its time, and nanoseconds since the capture's first packet.
    var request: (packet: UInt64, time: Timestamp, elapsed: Int64)?

    /// Whether bytes were not searched for want of room.
    var isSearchCut = false
    /// Bytes that it has taken out of the streams' common bound.
    private var reserved = 0

    init(limits: UpgradeFollower.Limits, beganBeforeCapture: Bool) {
        follower = UpgradeFollower(limits: limits, beganBeforeCapture: beganBeforeCapture)
    }

    /// Nanoseconds from the capture's first packet to the latest upgrade request.
    private(set) var requestElapsed: Int64?

    /// Whether a stream was given up in the search for frames, and nothing else was found on the connection.
    var isSearchedInVain: Bool {
        guard let midstream, !isSearchCut else { return false }
        guard follower.isSearching, !follower.traffic.contains(.exchanges) else { return false }
        return midstream.isHopeless[0] || midstream.isHopeless[1]
    }

    /// What a head of common size costs: it gets room where longer ones do not any more.
    private static let commonHead = 4096

    /// Counts what it keeps by now against the common bound.
    ///
    /// - Returns: Whether it may keep it.
    mutating func charge(_ resources: inout StreamResources) -> Bool {
        let cost = follower.keptCount &+ (midstream?.cost ?? 0)
        guard cost != reserved else { return true }
        let grows = cost > reserved
        resources.keepable &-= cost &- reserved
        reserved = cost
        return !grows || resources.searchable &+ (cost <= Self.commonHead ? resources.headroom : 0) >= 0
    }

    /// Gives back what it has taken: it is not needed any more.
    mutating func release(_ resources: inout StreamResources) {
        resources.keepable &+= reserved
        reserved = 0
    }

    /// Notes that the packet at hand completed an upgrade request.
    mutating func noteRequest(_ state: borrowing AnalysisState) {
        let elapsed = state.elapsed(state.time)
        request = (state.packet, state.time, elapsed)
        requestElapsed = elapsed
    }

    /// The direction that the client sends; the initiator's where nobody has asked for anything.
    var clientDirection: Direction {
        follower.client ?? .fromInitiator
    }
}
