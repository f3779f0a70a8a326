import CaptureAnalysis
import CaptureCutting
import PacketCapture
import PacketDecoding
import WireFormat

/// Finds out whose packets are: by decoding them alone, or with all that an analysis knows.
struct PacketTracer: ~Copyable {
    /// Where a packet goes.
    enum Target {
        /// A TCP segment; nil if its connection is not wanted.
        case shard(Int?)
        case datagram(Int)
        case fragment
        case other

        /// The file that it goes to; nil for none, or if that is not known.
        func shard(includesUDP: Bool) -> Int? {
            switch self {
            case .shard(let shard): shard
            case .datagram(let shard): includesUDP ? shard : nil
            case .fragment, .other: nil
            }
        }
    }

    private var pipeline: Pipeline?
    private var decoder = PacketDecoder()
    private var segment = TCPSegment()
    private var events = NoEvents()

    private let shardCount: UInt32
    private let selected: SelectedConnections?

    /// Creates a tracer.
    ///
    /// - Parameters:
    ///   - shardCount: How many shards there are; above zero.
    ///   - selected: The connections that are wanted; nil for all.
    ///   - pipeline: What selected them, to do the same again; nil for all.
    init(shardCount: Int, selected: SelectedConnections?, pipeline: consuming Pipeline?) {
        self.shardCount = UInt32(shardCount)
        self.selected = selected
        self.pipeline = pipeline
    }

    /// Whether the packet is a fragment, or completed a datagram.
    private(set) var isFragment = false
    /// Where its payload belongs, if it is one.
    private(set) var fragmentPlaces: [FragmentPlace] = []

    /// Says where a packet goes.
    mutating func trace(_ packet: borrowing CapturedPacket) -> Target {
        if let selected { return follow(packet, selected) }
        let kind = decoder.decode(packet, into: &segment)
        switch kind {
        case .tcp:
            isFragment = false
            return .shard(shard)
        case .udp:
            isFragment = false
            return .datagram(shard)
        case .fragment, .reassembledTCP, .reassembledUDP:
            isFragment = true
            fragmentPlaces = decoder.fragmentPlaces
            if kind == .fragment { return .fragment }
            return kind == .reassembledTCP ? .shard(shard) : .datagram(shard)
        case .other, .tunnel, .truncated, .malformed, .unsupportedLinkType:
            isFragment = false
            return .other
        }
    }

    private var shard: Int { shard(of: ConnectionEnds(segment.source, segment.destination)) }

    private func shard(of ends: ConnectionEnds) -> Int { Int(ends.stableHash % shardCount) }

    /// Traces a packet as the analysis does that has selected connections.
    private mutating func follow(_ packet: borrowing CapturedPacket, _ selected: SelectedConnections) -> Target {
        guard var pipeline = pipeline.take() else { return .other }
        pipeline.receive(packet, into: &events)
        isFragment = pipeline.isLatestFragment
        if isFragment { fragmentPlaces = pipeline.latestFragmentPlaces }
        let owner = pipeline.latestOwner()
        self.pipeline = consume pipeline
        switch owner {
        case .segment(let owner):
            let isWanted = selected.wanted(owner, packet: packet.number) != nil
            return .shard(isWanted ? shard(of: owner.ends) : nil)
        case .fragment: return .fragment
        case .datagram(let ends): return .datagram(shard(of: ends))
        case .other: return .other
        }
    }
}
