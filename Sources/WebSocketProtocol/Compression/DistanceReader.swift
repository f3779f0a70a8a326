import BasicContainers
import WireFormat

/// Looks at how far the matches of deflate data (RFC 1951) reach back: at the window that the sender used.
///
/// Neither zlib nor ISA-L tells. Needed only if a window smaller than deflate's largest was negotiated (RFC 7692
/// 7.1.2). The data may come in pieces of any size. As this takes longer than inflating, messages that cannot reach
/// further are not read, nor is anything once its matches prove the sender.
final class DistanceReader {
    /// The window that was negotiated, in bytes.
    private let window: Int
    /// What was read; a match is far if it reached back further than half the window, and could have reached beyond it.
    private let matches = DeflateMatches()
    /// How many bytes of the message were read, and whether the rest need not be.
    private var position = 0
    private var isPassed = false
    /// How many compressed bytes were read, in all messages.
    private var readCount = 0
    /// What has come of a message that cannot reach beyond the window so far.
    private var waiting = UniqueArray<UInt8>()

    /// The memory it takes, in bytes.
    static let byteCount = 4096 + waitingLimit
    private static let waitingLimit = 4096
    /// A sender with a larger window uses it earlier: its matches reach back to wherever the longest is, and of those
    /// that reach further than half the window about as many reach beyond it.
    private static let provingFarMatches = 24
    private static let provingMatches = 384
    /// After how many bytes of a message it is asked whether it proves the sender.
    private static let pieceByteCount = 1024
    /// Data that long with fewer matches hardly ever has any.
    private static let provingBytes = 32 << 10

    /// Creates a reader for senders that may use a window of `window` bytes.
    init(window: Int) {
        self.window = window
    }

    /// The largest distance in the message so far, in bytes.
    var farthest: Int { matches.farthest }

    /// Whether the message so far reaches beyond the window.
    var exceedsWindow: Bool { farthest > window }

    /// Whether the sender keeps to the window: none of the matches that could reach further does.
    var isProven: Bool { isProvenByMatches || readCount >= Self.provingBytes && !exceedsWindow }

    private var isProvenByMatches: Bool {
        (matches.farCount >= Self.provingFarMatches || matches.count >= Self.provingMatches) && !exceedsWindow
    }

    /// Begins a message that can refer to `reach` bytes before it.
    func begin(reach: Int) {
        if exceedsWindow {
            // What the messages before proved is undone.
            matches.resetCounts()
            readCount = 0
        }
        // With so much before it, every match of the message can reach twice as far back as the window.
        matches.begin(farLimit: reach >= 2 &* window ? window / 2 : .max)
        position = 0
        isPassed = false
        waiting.removeAll(keepingCapacity: true)
    }

    /// Takes the next bytes of the message.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - reach: How many bytes are inflated by now, those before the message included, as far as it can refer to
    ///     them.
    func receive(_ bytes: Span<UInt8>, reach: Int) {
        if reach <= window, waiting.count &+ bytes.count <= Self.waitingLimit {
            waiting.append(copying: bytes)
            return
        }
        if waiting.count > 0 {
            var first = UniqueArray<UInt8>()
            swap(&first, &waiting)
            readUntilProven(first.span)
        }
        readUntilProven(bytes)
    }

    /// Reads bytes of the message up to where it proves the sender, which does not depend on how it is cut.
    private func readUntilProven(_ bytes: Span<UInt8>) {
        var index = 0
        while index < bytes.count, !isPassed {
            let end = min(index &+ Self.pieceByteCount &- position % Self.pieceByteCount, bytes.count)
            matches.read(bytes.extracting(index..<end))
            readCount &+= end &- index
            position &+= end &- index
            index = end
            isPassed = position % Self.pieceByteCount == 0 && isProvenByMatches
        }
    }
}
