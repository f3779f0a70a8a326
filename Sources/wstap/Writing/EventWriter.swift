import CaptureAnalysis
import TraceOutput

/// Has a format print the events of an analysis, and sees to it that its lines reach their file.
struct EventWriter<Format: OutputFormat & ~Copyable>: EventSink, ~Copyable {
    private var format: Format
    private var file: OutputFile

    /// Why nothing more can be written, where that was found within a packet.
    private var failure: OutputFile.Failure?

    /// Bytes of output that are written at a time when nobody waits for them.
    private static var batch: Int { 128 << 10 }
    /// Bytes from which they are written before all events of a packet are printed.
    private static var overfull: Int { 4 << 20 }

    init(_ format: consuming Format, to file: consuming OutputFile) {
        self.format = format
        self.file = file
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        format.receive(event, at: context, payload: payload)
        if format.output.count >= Self.overfull { writeWithinPacket() }
    }

    /// Writes what is printed; after a failure, forgets it.
    private mutating func writeWithinPacket() {
        guard failure == nil else { return format.output.removeAll() }
        do throws(OutputFile.Failure) {
            try file.drain(&format.output)
        } catch {
            failure = error
        }
    }

    /// Prints what a part of the analysis tells of packets up to one.
    ///
    /// - Parameters:
    ///   - batch: What it tells.
    ///   - packet: The last packet.
    ///   - part: The part.
    ///   - merge: What puts the parts together.
    mutating func pass(
        _ batch: inout some OutputBatch & ~Copyable, through packet: UInt64, of part: Int, _ merge: inout EventMerge
    ) {
        batch.pass(through: packet, of: part, &merge, into: &format)
    }

    /// Looks after the output between two packets.
    ///
    /// - Parameter isWaiting: Whether nothing may come for a while, so that all that is printed should be written.
    /// - Throws: Where nothing more can be written.
    mutating func advance(isWaiting: Bool) throws(OutputFile.Failure) {
        if let failure { throw failure }
        if isWaiting { format.flush() }
        if isWaiting && !format.output.isEmpty || format.output.count >= Self.batch {
            try file.drain(&format.output)
        }
    }

    /// Writes the rest and gives the file its name; to be called behind the last event.
    ///
    /// - Returns: What the format left out.
    /// - Throws: Where not all could be written.
    mutating func finish() throws(OutputFile.Failure) -> FilterOmissions {
        if let failure { throw failure }
        try file.drain(&format.output)
        try file.finish()
        return format.omissions
    }
}
