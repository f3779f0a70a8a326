import ArgumentParser
import CaptureAnalysis
import PacketDecoding
import TraceOutput
import WireFormat

/// How much memory to take.
struct MemoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Memory that input may take: \"160M\", \"1G\"; at least 64M. Beyond it, less is reported (default: 160M).",
            valueName: "size"))
    var memory: ByteSize?

    func validate() throws {
        guard memory?.bytes ?? .max >= MemoryBudget.minimum else {
            throw ValidationError("--memory must be at least \(MemoryBudget.minimum >> 20)M")
        }
    }

    /// The program's memory.
    var budget: MemoryBudget { memory.map { MemoryBudget(bytes: $0.bytes) } ?? .standard }
}

extension Limits {
    /// The bounds of an analysis, from its share of a budget.
    ///
    /// - Parameters:
    ///   - budget: The whole budget.
    ///   - format: What the format may hold back, in bytes.
    ///   - windows: What zstd windows take, in bytes.
    init(_ budget: MemoryBudget, format: Int, windows: Int) {
        self.init()
        memory = budget.connections(format: format, windows: windows)
        compression = budget.compression
        decoding.bytes = min(decoding.bytes, budget.fragments)
    }
}
