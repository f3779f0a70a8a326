/// How a program's memory (`--memory`) is divided.
///
/// It covers what input can make grow. Code, system libraries and thread stacks, some 20 MB together, come on top.
/// `docs/limits.md` lists the shares, and a test compares them.
package struct MemoryBudget: Sendable, Hashable {
    /// The total, in bytes.
    package let bytes: Int

    /// 160 MiB.
    package static let standard = MemoryBudget(bytes: 160 << 20)
    /// The smallest total that can be divided.
    package static let minimum = 64 << 20

    /// Creates a budget of at least ``minimum``.
    package init(bytes: Int) {
        self.bytes = max(bytes, MemoryBudget.minimum)
    }

    /// Packets and events on their way between threads.
    package var threads: Int { bytes / 20 * 3 }

    /// Fragments of IP datagrams.
    package var fragments: Int { bytes / 20 }

    /// Secrets in capture files.
    package var secrets: Int { 16 << 20 }

    /// zstd windows of all open files, unless a single file needs more.
    package var windows: Int { bytes / 5 }

    /// The largest window of a single file; what exceeds ``windows`` is taken from connections.
    package var largestWindow: Int { bytes / 5 &* 4 &+ (1 << 20) }

    /// What a redaction keeps of each connection that it writes.
    package var redaction: Int { bytes / 10 &* 3 }

    /// Decompression, as part of what connections may take.
    package var compression: Int { bytes / 5 &* 2 }

    /// What is left for connections: their records, waiting bytes, messages, decompression, layers.
    ///
    /// - Parameters:
    ///   - format: What the format, and a filter before it, may hold back, in bytes.
    ///   - windows: What zstd windows take, in bytes.
    /// - Returns: The number of bytes.
    package func connections(format: Int, windows: Int) -> Int {
        max(bytes &- threads &- fragments &- secrets &- format &- windows, bytes / 20)
    }
}
