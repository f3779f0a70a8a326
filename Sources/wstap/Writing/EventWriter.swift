import CaptureAnalysis
import TraceOutput

/// Takes the events of an analysis and sees to it that a format's lines reach their file.
protocol EventWriter: EventSink, ~Copyable {
    /// Looks after the output between two packets.
    ///
    /// - Parameter isWaiting: Whether nothing may come for a while, so that all that is printed should be written.
    mutating func advance(isWaiting: Bool) throws(OutputFile.Failure)

    /// Writes the rest and gives the file its name; to be called behind the last event.
    ///
    /// - Returns: What the format left out.
    mutating func finish() throws(OutputFile.Failure) -> FilterOmissions
}

/// A format that prints where the analysis runs.
struct DirectWriter<Format: OutputFormat & ~Copyable>: EventWriter, ~Copyable {
    private var format: Format
    private var file: OutputFile

    /// Bytes of output that are written at a time when nobody waits for them.
    private static var batch: Int { 128 << 10 }

    init(_ format: consuming Format, to file: consuming OutputFile) {
        self.format = format
        self.file = file
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        format.receive(event, at: context, payload: payload)
    }

    mutating func advance(isWaiting: Bool) throws(OutputFile.Failure) {
        if isWaiting { format.flush() }
        if isWaiting && !format.output.isEmpty || format.output.count >= Self.batch {
            try file.drain(&format.output)
        }
    }

    mutating func finish() throws(OutputFile.Failure) -> FilterOmissions {
        try file.drain(&format.output)
        try file.finish()
        return format.omissions
    }
}
