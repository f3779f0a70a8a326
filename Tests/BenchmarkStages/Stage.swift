/// A stage of the pipeline, measured against the least work that could do the same.
public protocol Stage {
    /// Its name.
    var name: String { get }
    /// What it is measured against.
    var referenceName: String { get }
    /// What is counted: "packet", "frame", "message", "event".
    var unit: String { get }
    /// How many units one run takes.
    var unitCount: UInt64 { get }
    /// The allocations allowed per unit.
    var mostAllocations: Double { get }

    /// Does the least work that could do the same.
    func runReference() throws
    /// Runs the stage and checks its counts against the capture's truth.
    func run() throws
}

/// A run that did not find what the capture holds: its time means nothing.
public struct WrongCount: Error, CustomStringConvertible {
    /// What was wrong.
    public let description: String

    /// Creates an error.
    public init(description: String) { self.description = description }

    /// Throws if a count is not what it should be.
    public static func check(_ what: String, _ found: UInt64, is expected: UInt64) throws {
        guard found == expected else {
            throw WrongCount(description: "\(what): \(found) instead of \(expected)")
        }
    }
}

/// Copies bytes piece by piece to the same place: a reference for what reads every byte.
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
