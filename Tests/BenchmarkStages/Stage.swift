public import GeneratedCaptures

/// A stage of the pipeline, measured against the least work that could give the same result.
public protocol Stage {
    /// Its name.
    var name: String { get }
    /// The name of its reference.
    var referenceName: String { get }
    /// The unit counted: "packet", "frame", "message" or "event".
    var unit: String { get }
    /// The number of units in a run.
    var unitCount: UInt64 { get }
    /// The allocations allowed per unit.
    var mostAllocations: Double { get }

    /// Does the least work that could give the same result.
    func runReference() throws
    /// Runs the stage and checks its counts against the capture's truth.
    func run() throws
}

/// The stages.
public enum Stages {
    /// From the file to TCP segments, and on to streams in order.
    ///
    /// - Parameters:
    ///   - capture: What to read.
    ///   - reference: Reads all packets through libpcap: the reference of the first stage.
    /// - Returns: The two stages.
    public static func packets(
        _ capture: CaptureOnDisk, against reference: @escaping (CaptureOnDisk) throws -> Void
    ) -> [any Stage] {
        let packets = PacketStage(capture: capture, reference: reference)
        return [packets, ReassemblyStage(packets: packets)]
    }

    /// From one direction's bytes to frames and messages.
    ///
    /// - Parameter reference: Inflates the messages of a stream through zlib: the reference of that stage.
    /// - Returns: One stage each for short, masked and compressed messages.
    public static func streams(
        inflatingAgainst reference: @escaping @Sendable (GeneratedStream) throws -> Void
    ) -> [any Stage] {
        [StreamStage.frames, StreamStage.unmasking, StreamStage.inflating(against: reference)]
    }

    /// From events to lines of the trace.
    ///
    /// - Parameter capture: Where the events come from.
    /// - Returns: The stage.
    /// - Throws: If the capture cannot be read.
    public static func json(_ capture: CaptureOnDisk) throws -> any Stage { try JSONStage(capture) }
}

/// The error of a run that did not find what the capture contains, so that its time means nothing.
public struct WrongCount: Error, CustomStringConvertible {
    /// What was wrong.
    public let description: String

    /// Creates an error.
    public init(description: String) { self.description = description }

    /// Checks a count.
    ///
    /// - Parameters:
    ///   - what: What is counted.
    ///   - found: The count found.
    ///   - expected: The correct count.
    /// - Throws: The error if they differ.
    public static func check(_ what: String, _ found: UInt64, is expected: UInt64) throws {
        guard found == expected else {
            throw WrongCount(description: "\(what): \(found) instead of \(expected)")
        }
    }
}

/// Copies bytes piece by piece to the same place: a reference for code that reads every byte.
@inline(never)
func copyAll(_ bytes: [UInt8], pieceLength: Int) {
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceLength, alignment: 64)
    defer { target.deallocate() }
    bytes.withUnsafeBytes { source in
        var start = 0
        while start < source.count {
            let end = min(source.count, start + pieceLength)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<end]))
            start = end
        }
    }
}
