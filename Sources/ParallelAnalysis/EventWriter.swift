package import CaptureAnalysis
package import TraceOutput

/// Formats the events of an analysis and writes the output to a file.
///
/// It is a format itself, so that callers that emit several events at once can pass them through it.
package struct EventWriter<Format: OutputFormat & ~Copyable>: OutputFormat, ~Copyable {
    private var format: Format
    private let target: Target

    /// Bytes of output per write while nobody waits for them.
    private static var batch: Int { 128 << 10 }
    /// Bytes of output that are written even in the middle of a packet's events.
    private static var overfull: Int { 4 << 20 }

    /// Creates a writer.
    package init(_ format: consuming Format, to file: consuming OutputFile) {
        self.format = format
        let target = Target(file)
        self.target = target
        self.format.open(target.file.unfinishedPath, named: target.file.name)
        if !Format.isOneDocument { self.format.output.drain = { target.write($0) } }
    }

    /// What is formatted but not written yet.
    package var output: OutputBuffer {
        _read { yield format.output }
        _modify { yield &format.output }
    }

    package var outputCount: Int { format.outputCount }

    /// The events that the format wants.
    package var demand: EventDemand { format.demand }

    package mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        format.receive(event, at: context, payload: payload)
        if format.outputCount >= Self.overfull { writeWithinPacket() }
        while format.hasMore {
            writeWithinPacket()
            format.printMore()
        }
    }

    /// Writes the output so far; drops it after a failure.
    private mutating func writeWithinPacket() {
        format.output.withBytes { target.write($0) }
        format.output.removeAll()
    }

    /// Formats a part's events, up to those of one packet.
    ///
    /// - Parameters:
    ///   - batch: The events.
    ///   - packet: The last packet.
    ///   - part: The part.
    ///   - merge: Combines the parts.
    mutating func pass(
        _ batch: inout some OutputBatch & ~Copyable, through packet: UInt64, of part: Int, _ merge: inout EventMerge
    ) {
        batch.pass(through: packet, of: part, &merge, into: &self)
    }

    /// Writes between two packets, if there is enough to write.
    ///
    /// - Parameter isWaiting: Whether nothing may come for a while, so that everything should be written.
    /// - Throws: If nothing more can be written.
    mutating func advance(isWaiting: Bool) throws(OutputFile.Failure) {
        try check()
        if isWaiting { format.flush() }
        if isWaiting && format.outputCount > 0 || format.outputCount >= Self.batch {
            try target.file.drain(&format.output)
        }
    }

    /// Writes the rest and gives the file its name, after the last event.
    ///
    /// - Returns: What the format left out.
    /// - Throws: If not everything could be written.
    mutating func finish() throws(OutputFile.Failure) -> FilterOmissions {
        try check()
        try target.file.drain(&format.output)
        try target.file.finish()
        return format.omissions
    }

    /// Throws if output was already lost.
    private func check() throws(OutputFile.Failure) {
        if let failure = target.failure { throw failure }
        if let message = format.failure { throw .failed(message) }
    }
}

/// The file that a writer writes to, even in the middle of a line.
private final class Target: @unchecked Sendable {
    var file: OutputFile
    /// Why nothing more can be written, if a write within a packet has failed.
    private(set) var failure: OutputFile.Failure?

    init(_ file: consuming OutputFile) {
        self.file = file
    }

    /// Writes bytes; drops them after a failure.
    func write(_ bytes: Span<UInt8>) {
        guard failure == nil else { return }
        do throws(OutputFile.Failure) {
            try file.put(bytes)
        } catch {
            failure = error
        }
    }
}
