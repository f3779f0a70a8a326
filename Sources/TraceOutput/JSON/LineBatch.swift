public import CaptureAnalysis

/// Lines of a trace, of which a merge has yet to tell the order and the numbers of their connections.
///
/// It is not generic over its format: whoever prints frames elsewhere would pay for that at every frame.
public struct LineBatch: OutputBatch, ~Copyable {
    private struct Line {
        let mark: EventMark
        /// Where its connection's number stands, as its part has numbered it.
        let number: Range<Int>
        /// Where it ends.
        let end: Int
    }

    private var format: JSONLinesFormat
    private var lines: ContiguousArray<Line> = []
    /// The line that is next, and where it begins.
    private var (next, nextStart) = (0, 0)
    /// The last packet whose lines are in this batch or before it, as far as there are any.
    public private(set) var lastPacket: UInt64 = 0

    /// Bytes from which a batch counts as full; its last line may go beyond.
    private static var capacity: Int { 128 << 10 }

    /// Makes an empty batch.
    ///
    /// - Parameter options: What the trace shows of payloads.
    public init(options: JSONLinesFormat.Options) {
        format = JSONLinesFormat(options: options)
    }

    /// Whether it is to be handed on.
    public var isFull: Bool { format.output.count >= Self.capacity }

    /// Whether it holds so much that no other should wait beside it.
    public var isLarge: Bool { format.output.count > 2 * Self.capacity }

    /// Whether it must not grow any more.
    public var isOverfull: Bool { format.output.count > 32 * Self.capacity }

    /// Whether all of its lines were passed on.
    public var isEmpty: Bool { next == lines.count }

    /// The packet of the next line; where there is none, the first that may have one behind this batch.
    public var nextPacket: UInt64 { next < lines.count ? lines[next].mark.packet : lastPacket &+ 1 }

    /// Prints an event of a connection.
    public mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        let start = format.output.count
        format.receive(event, at: context, payload: payload)
        guard format.output.count > start else { return }
        lines.append(
            Line(mark: EventMark(event, at: context), number: format.numberPlace, end: format.output.count))
    }

    /// Tells that no more lines of packets up to this one will come.
    public mutating func close(behind packet: UInt64) {
        lastPacket = packet
    }

    /// Passes the lines of packets up to one on; see ``OutputBatch``.
    public mutating func pass(
        through packet: UInt64, of part: Int, _ merge: inout EventMerge,
        into format: inout some OutputFormat & ~Copyable
    ) {
        pass(through: packet, of: part, &merge, into: &format.output)
    }

    private mutating func pass(
        through packet: UInt64, of part: Int, _ merge: inout EventMerge, into output: inout OutputBuffer
    ) {
        while next < lines.count, lines[next].mark.packet <= packet {
            let (line, start) = (next, nextStart)
            (next, nextStart) = (line &+ 1, lines[line].end)
            let number = merge.pass(lines[line].mark, of: part)
            let place = lines[line].number
            let end = nextStart
            format.output.withBytes { text in
                output.append(text.extracting(start..<place.lowerBound))
                output.append(decimal: number)
                output.append(text.extracting(place.upperBound..<end))
            }
        }
    }

    /// Forgets the lines; keeps room for a few long ones.
    public mutating func removeAll() {
        lines.removeAll(keepingCapacity: !isLarge)
        format.output.removeAll(keeping: 8 * Self.capacity)
        (next, nextStart, lastPacket) = (0, 0, 0)
    }
}
