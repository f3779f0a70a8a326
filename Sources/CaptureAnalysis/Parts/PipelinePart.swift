import PacketDecoding
import WireFormat

/// One of several parts of an analysis, each of which follows some of the connections, and can have a thread of its own.
///
/// It is what stands in a ``Pipeline`` behind the decoder. Feed it the blocks that ``Pipeline/deal(_:to:parts:)`` has filled for
/// it, in order; put the events of all parts together with an ``EventMerge``; then hand it to
/// ``Pipeline/join(_:_:of:_:)``. What comes of it does not depend on how many parts there are.
public struct PipelinePart: ~Copyable {
    var shards: InlineArray<8, Shard>
    var state: AnalysisState

    /// Makes a part.
    ///
    /// - Parameter options: The same as the pipeline's.
    public init(options: AnalysisOptions) {
        state = AnalysisState(options: options)
        state.reusesNumbers = true
        shards = InlineArray { _ in Shard(options: options) }
    }

    /// Takes the packets of a block.
    ///
    /// - Parameters:
    ///   - block: The block.
    ///   - sink: Who gets the events; their connections have numbers of the part, which are used again.
    public mutating func receive(_ block: inout PacketBlock, into sink: inout some EventSink & ~Copyable) {
        state.note(firstTime: block.firstTime)
        var prepared = 0
        for place in 0..<block.count {
            if place == prepared {
                prepared = min(block.count, place &+ PacketBatch.capacity)
                for ahead in place..<prepared { prepare(ahead, of: &block) }
            }
            receive(place, of: &block, into: &sink)
        }
    }

    @inline(__always)
    private mutating func prepare(_ place: Int, of block: inout PacketBlock) {
        block.withItem(place) { item, _, _ in
            shards[item.prepared.shard].prepare(&item.prepared)
        }
    }

    @inline(__always)
    private mutating func receive(
        _ place: Int, of block: inout PacketBlock, into sink: inout some EventSink & ~Copyable
    ) {
        block.withItem(place) { item, bytes, interfaceName in
            state.begin(item.number, time: item.time, item.linkType, interfaceName: interfaceName)
            shards[item.prepared.shard].receive(&item.prepared, in: bytes, state: &state, sink: &sink)
        }
    }
}
