import CaptureAnalysis
import CaptureCutting
import PacketCapture
import PacketDecoding
import WireFormat

/// Where a packet goes.
struct ShardPlace: Sendable {
    /// The file.
    var shard: Int
    /// ``SegmentOwner/record`` of its connection, if only the end of the capture shows whether it is wanted; nil if it
    /// is wanted anyway.
    var connection: UInt64?

    /// The number that stands for no connection.
    static let noConnection = UInt64.max
}

/// Finds out which connection packets belong to: by decoding them alone, or with all that an analysis knows.
struct PacketTracer: ~Copyable {
    /// Which connection a packet belongs to.
    enum Target {
        /// A TCP segment; nil if its connection is certainly not wanted.
        case segment(ShardPlace?)
        case datagram(ShardPlace)
        case fragment
        case other

        /// Where it goes; nil if nowhere, or if that is not known.
        func place(includesUDP: Bool) -> ShardPlace? {
            switch self {
            case .segment(let place): place
            case .datagram(let place): includesUDP ? place : nil
            case .fragment, .other: nil
            }
        }
    }

    private var decoder = PacketDecoder()
    private var segment = TCPSegment()

    private let shardCount: UInt32
    private let analysis: SelectingAnalysis?

    /// Creates a tracer.
    ///
    /// - Parameters:
    ///   - shardCount: How many shards there are; above zero.
    ///   - analysis: Finds out which connections are wanted; nil if all are.
    init(shardCount: Int, analysis: SelectingAnalysis?) {
        self.shardCount = UInt32(shardCount)
        self.analysis = analysis
    }

    /// Whether the packet is a fragment, or completed a datagram.
    private(set) var isFragment = false
    /// Where its payload belongs, if it is one.
    private(set) var fragmentPlaces: [FragmentPlace] = []

    /// Finds out which connection a packet belongs to.
    mutating func trace(_ packet: borrowing CapturedPacket) -> Target {
        if let analysis { return trace(packet, with: analysis) }
        let kind = decoder.decode(packet, into: &segment)
        switch kind {
        case .tcp:
            isFragment = false
            return .segment(place)
        case .udp:
            isFragment = false
            return .datagram(place)
        case .fragment, .reassembledTCP, .reassembledUDP:
            isFragment = true
            fragmentPlaces = decoder.fragmentPlaces
            if kind == .fragment { return .fragment }
            return kind == .reassembledTCP ? .segment(place) : .datagram(place)
        case .other, .tunnel, .truncated, .malformed, .unsupportedLinkType:
            isFragment = false
            return .other
        }
    }

    private var place: ShardPlace { place(of: ConnectionEnds(segment.source, segment.destination)) }

    private func place(of ends: ConnectionEnds) -> ShardPlace {
        ShardPlace(shard: Int(ends.stableHash % shardCount))
    }

    private mutating func trace(_ packet: borrowing CapturedPacket, with analysis: SelectingAnalysis) -> Target {
        let owner = analysis.receive(packet)
        isFragment = analysis.isFragment
        if isFragment { fragmentPlaces = analysis.fragmentPlaces }
        switch owner {
        case .segment(let owner):
            // A SYN may turn out to be the beginning of the next connection between the same ends.
            guard !owner.isOther || owner.segment.flags.contains(.syn) else { return .segment(nil) }
            var place = place(of: owner.ends)
            place.connection = owner.record ?? ShardPlace.noConnection
            return .segment(place)
        case .fragment: return .fragment
        case .datagram(let ends): return .datagram(place(of: ends))
        case .other: return .other
        }
    }
}
