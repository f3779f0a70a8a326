import BasicContainers
import WireFormat

/// Reads how far back the matches of deflate data (RFC 1951) refer, to learn the window that the sender used.
///
/// Neither zlib nor ISA-L reports this. It is needed only if a window smaller than deflate's largest was negotiated
/// (RFC 7692 7.1.2). The data may come in pieces of any size. Reading takes longer than inflating, so messages that
/// cannot refer further back are skipped, as is all data once the matches prove the sender.
final class DistanceReader {
    /// The window that was negotiated, in bytes.
    private let window: Int
    /// The data read; a match is far if it refers further back than half the window, and could have referred beyond it.
    private let matches = DeflateMatches()
    /// The number of bytes read of the message, and whether the rest may be skipped.
    private var position = 0
    private var isPassed = false
    /// The number of compressed bytes read, in all messages.
    private var readCount = 0
    /// The bytes so far of a message that cannot refer beyond the window yet.
    private var waiting = UniqueArray<UInt8>()

    /// The memory it takes, in bytes.
    static let byteCount = 4096 + waitingLimit
    private static let waitingLimit = 4096
    /// A sender with a larger window uses it earlier: its matches are spread over all of its window, so of those that
    /// refer further back than half the negotiated window, about as many refer beyond it.
    private static let provingFarMatches = 24
    private static let provingMatches = 384
    /// The number of bytes of a message after which to check whether it proves the sender.
    private static let pieceByteCount = 1024
    /// This much data with fewer matches hardly ever has any.
    private static let provingBytes = 32 << 10

    /// Creates a reader for senders that may use a window of `window` bytes.
    init(window: Int) {
        self.window = window
    }

    /// The largest distance in the message so far, in bytes.
    var farthest: Int { matches.farthest }

    /// Whether the message so far reaches beyond the window.
    var exceedsWindow: Bool { farthest > window }

    /// Whether the sender keeps to the window: none of the matches that could exceed it does.
    var isProven: Bool { isProvenByMatches || readCount >= Self.provingBytes && !exceedsWindow }

    private var isProvenByMatches: Bool {
        (matches.farCount >= Self.provingFarMatches || matches.count >= Self.provingMatches) && !exceedsWindow
    }

    /// Begins a message that can refer to `reach` bytes before it.
    func begin(reach: Int) {
        if exceedsWindow {
            // What earlier messages proved no longer holds.
            matches.resetCounts()
            readCount = 0
        }
        // With this many bytes before it, every match of the message can refer twice as far back as the window.
        matches.begin(farLimit: reach >= 2 &* window ? window / 2 : .max)
        position = 0
        isPassed = false
        waiting.removeAll(keepingCapacity: true)
    }

    /// Takes the next bytes of the message.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - reach: The number of bytes inflated so far that the message can refer to, including those before it.
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

    /// Reads bytes of the message until it proves the sender; how the message is cut makes no difference.
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
