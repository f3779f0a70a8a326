package import CaptureAnalysis

/// Lines of a trace, printed by one part of a parallel analysis; the merge orders them and fills in the numbers of
/// their connections.
///
/// Not generic over its format: a generic batch costs more for every frame.
package struct LineBatch: OutputBatch, ~Copyable {
    private struct Line {
        let mark: EventMark
        /// Where the line has the connection's number within the part, which is replaced.
        let number: Range<Int>
        /// Where the line ends.
        let end: Int
        /// Whether it is still to be printed.
        var isUnprinted = false
    }

    private var format: JSONLinesFormat
    private var lines: ContiguousArray<Line> = []
    /// Events with long payloads: the merge prints their lines, since they may be six times as long.
    private var long = EventBatch()
    /// The index of the next line, and where it begins.
    private var (next, nextStart) = (0, 0)
    /// The last packet whose lines are all in this batch or an earlier one.
    package private(set) var lastPacket: UInt64 = 0

    /// Bytes from which a batch counts as full; its last line may exceed them.
    private static var capacity: Int { 128 << 10 }

    /// Creates an empty batch.
    ///
    /// - Parameter options: How much of the payloads the trace shows.
    package init(options: JSONLinesFormat.Options) {
        format = JSONLinesFormat(options: options)
    }

    /// Whether to hand it over.
    package var isFull: Bool { format.output.count >= Self.capacity || long.isFull }

    /// Whether it is so large that no other batch should queue with it.
    package var isLarge: Bool { format.output.count > 2 * Self.capacity || long.isLarge }

    /// Whether it must not grow any further.
    package var isOverfull: Bool { format.output.count > 8 * Self.capacity || long.isOverfull }

    /// Whether all its lines have been forwarded.
    package var isEmpty: Bool { next == lines.count }

    /// The packet of the next line; if there is none, the first packet whose lines may follow this batch.
    package var nextPacket: UInt64 { next < lines.count ? lines[next].mark.packet : lastPacket &+ 1 }

    /// Prints an event of a connection.
    package mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        if payload.count > Self.capacity { return keep(event, at: context, payload: payload) }
        let start = format.output.count
        format.receive(event, at: context, payload: payload)
        guard format.output.count > start else { return }
        lines.append(
            Line(mark: EventMark(event, at: context), number: format.numberPlace, end: format.output.count))
    }

    @inline(never)
    private mutating func keep(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        long.receive(event, at: context, payload: payload)
        let end = format.output.count
        lines.append(Line(mark: EventMark(event, at: context), number: end..<end, end: end, isUnprinted: true))
    }

    /// Declares the lines of all packets up to this one complete.
    package mutating func close(after packet: UInt64) {
        lastPacket = packet
    }

    /// Forwards the lines of packets up to `packet`; see ``OutputBatch``.
    package mutating func pass(
        through packet: UInt64, of part: Int, _ merge: inout EventMerge,
        into format: inout some OutputFormat & ~Copyable
    ) {
        while next < lines.count, lines[next].mark.packet <= packet {
            if lines[next].isUnprinted {
                next &+= 1
                long.passNext(of: part, &merge, into: &format)
            } else {
                passPrinted(through: packet, of: part, &merge, into: &format.output)
            }
        }
    }

    /// Forwards printed lines, up to the first that is not printed.
    private mutating func passPrinted(
        through packet: UInt64, of part: Int, _ merge: inout EventMerge, into output: inout OutputBuffer
    ) {
        while next < lines.count, lines[next].mark.packet <= packet, !lines[next].isUnprinted {
            let (line, start) = (next, nextStart)
            (next, nextStart) = (line &+ 1, lines[line].end)
            let number = merge.pass(lines[line].mark, of: part)
            let place = lines[line].number
            let end = nextStart
            format.output.withBytes { text in
                output.append(text.extracting(start..<place.lowerBound))
                output.append(decimalOrNull: number == 0 ? nil : number)
                output.append(text.extracting(place.upperBound..<end))
            }
        }
    }

    /// Removes all lines; keeps memory for lines of usual length.
    package mutating func removeAll() {
        lines.removeAll(keepingCapacity: !isLarge)
        long.removeAll()
        format.output.removeAll(keeping: 2 * Self.capacity)
        (next, nextStart, lastPacket) = (0, 0, 0)
    }
}
