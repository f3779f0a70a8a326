import PacketDecoding
package import WireFormat

/// A value for each part; values of parts that do not exist go unused.
package typealias PerPart<Element: ~Copyable> = PerShard<Element>

/// An analysis in several parts.
///
/// Begin; distribute all packets to blocks, one block per part; pass on all blocks together whenever one is full; join
/// the parts; then call ``finish(into:)``.
extension Pipeline {
    /// The most parts: one for each shard.
    package static var maximumParts: Int { Limits.shards }

    /// Begins an analysis whose packets are distributed, and reports the capture.
    ///
    /// - Parameters:
    ///   - time: The time of the first packet.
    ///   - sink: The receiver of the event.
    package mutating func begin(at time: Timestamp, into sink: inout some EventSink & ~Copyable) {
        start(at: time, into: &sink)
    }

    /// Decodes the next packets of the capture, and assigns each to the part that follows its connection.
    ///
    /// - Parameters:
    ///   - batch: The packets, whose bytes must stay in place until the parts are done with the blocks.
    ///   - blocks: The blocks of the parts; none may be full.
    ///   - parts: The number of parts.
    package mutating func deal(_ batch: borrowing PacketBatch, to blocks: inout PerPart<PacketBlock>, parts: Int) {
        for place in 0..<batch.count {
            ahead[0].decode(batch, place, with: &decoder)
            workspace.begin(
                batch.number(place), time: batch.time(place), batch.linkType(place),
                interfaceName: batch.interfaceName(place))
            workspace.count(batch.bytes(place))
            let part = ahead[0].shard % parts
            let kind = ahead[0].packet
            if case .tcp = kind {
                blocks[part].append(batch, place, &ahead[0])
                continue
            }
            if case .reassembledTCP = kind {
                let datagram = decoder.datagram
                blocks[part].append(batch, place, &ahead[0], in: datagram.span)
            }
            count(kind, batch.bytes(place), at: 0, batch.linkType(place))
        }
    }

    /// Marks blocks with how far they go, before they are passed on.
    package func close(_ blocks: inout PerPart<PacketBlock>) {
        for part in 0..<Self.maximumParts {
            blocks[part].firstTime = workspace.firstTime
            blocks[part].lastPacket = workspace.packet
        }
    }

    /// Takes over the results of a part that is done.
    ///
    /// - Parameters:
    ///   - part: The part.
    ///   - index: Its index, from 0.
    ///   - parts: The number of parts.
    ///   - merge: The merge of all their events.
    package mutating func join(
        _ part: inout PipelinePart, _ index: Int, of parts: Int, _ merge: borrowing EventMerge
    ) {
        for shard in stride(from: index, to: Limits.shards, by: parts) {
            swap(&shards[shard], &part.shards[shard])
            workspace.adopt(shard, from: &part.workspace)
            shards[shard].readers.renumber { merge.number(of: $0, in: index) }
        }
        workspace.summary.add(part.workspace.summary)
        workspace.comparison = merge.comparison
        workspace.numbers.count = merge.connectionCount
    }
}
