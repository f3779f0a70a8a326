import PacketDecoding
import TCPReassembly
public import WireFormat

/// An analysis in several parts.
///
/// Begin; deal all packets to blocks, one for each part; hand the blocks on, all of them together, whenever one is full;
/// join the parts; then ``finish(into:)``.
extension Pipeline {
    /// A block for each part; those of parts that do not exist stay empty.
    public typealias Blocks = InlineArray<8, PacketBlock>

    /// How many parts there may be: one for each shard.
    public static var maximumParts: Int { Limits.shards }

    /// Begins the analysis, where packets are dealt: tells of the capture.
    ///
    /// - Parameters:
    ///   - time: The time of the first packet.
    ///   - sink: Who gets the event.
    public mutating func begin(at time: Timestamp, into sink: inout some EventSink & ~Copyable) {
        state.begin(at: time)
        start(into: &sink)
    }

    /// Decodes the next packet of the capture, and deals it to the part that follows its connection.
    ///
    /// - Parameters:
    ///   - packet: The packet, whose bytes must stay where they are until that part is done with the block.
    ///   - blocks: The blocks of the parts; that of the packet's part must not be full.
    ///   - parts: How many parts there are.
    @inline(__always)
    public mutating func deal(_ packet: borrowing CapturedPacket, to blocks: inout Blocks, parts: Int) {
        ahead.entries[0].decode(packet, with: &decoder)
        state.begin(packet)
        let part = ahead.entries[0].shard % parts
        let kind = ahead.entries[0].packet
        if kind == .segment {
            blocks[part].append(packet, ahead.entries[0], in: nil)
            return
        }
        if kind == .reassembled { blocks[part].append(packet, ahead.entries[0], in: decoder.datagram) }
        count(kind, packet.linkType)
    }

    /// Tells blocks that are to be handed on how far they go.
    public func close(_ blocks: inout Blocks) {
        for part in 0..<Self.maximumParts {
            blocks[part].firstTime = state.firstTime
            blocks[part].lastPacket = state.packet
        }
    }

    /// Takes over what a part knows, which is done then.
    ///
    /// - Parameters:
    ///   - part: The part.
    ///   - index: Which one it is, from 0.
    ///   - parts: How many there are.
    ///   - merge: What has put all their events together.
    public mutating func join(
        _ part: inout PipelinePart, _ index: Int, of parts: Int, _ merge: borrowing EventMerge
    ) {
        for shard in stride(from: index, to: Limits.shards, by: parts) {
            swap(&shards[shard], &part.shards[shard])
            shards[shard].renumber { merge.number(of: $0, in: index) }
        }
        state.summary.add(part.state.summary)
        state.endings = merge.endings
        state.connectionCount = merge.connectionCount
    }
}

extension Shard {
    /// Gives its connections other numbers.
    fileprivate mutating func renumber(_ number: (UInt64) -> UInt64) {
        for slot in table.connections.slots where table.connections.isUsed(slot) {
            switch readers[slot] {
            case .session(let session): sessions[session].number = number(sessions[session].number)
            case .watch(let watch), .left(let watch): watches[watch].number = watches[watch].number.map(number)
            case .none, .nobody: break
            }
        }
    }
}
