import WireFormat

/// What the windows of all open compressed files may take together.
///
/// A window that needs more than its share gets it if no other file has one, since the files are opened before anything
/// else takes memory.
final class WindowRoom {
    private let usual: Int
    private let largest: Int
    private var taken = 0
    private var claimed = 0
    private var longest = 0

    /// The most that they take at a time, in bytes, judging by the files opened so far; 0 if none is compressed with
    /// zstd.
    var expected: Int { max(min(claimed, usual), longest) }

    /// Creates the room within a budget.
    init(_ budget: MemoryBudget) {
        usual = budget.windows
        largest = budget.largestWindow
    }

    /// Claims bytes; false if there are not enough left.
    func claim(_ bytes: Int) -> Bool {
        guard taken &+ bytes <= usual || taken == 0 && bytes <= largest else { return false }
        taken &+= bytes
        claimed &+= bytes
        longest = max(longest, bytes)
        return true
    }

    /// Gives bytes back.
    func release(_ bytes: Int) { taken &-= bytes }
}

/// The window that the header of a zstd frame asks for (RFC 8878 3.1.1.1).
enum ZstdWindow {
    /// The longest header: magic number, descriptor, window, dictionary, content size.
    static let longestHeader = 18

    /// The bytes of a frame's window, and of the blocks that zstd keeps with it.
    ///
    /// - Parameter bytes: The beginning of the frame.
    /// - Returns: The bytes; 0 if this is not a frame, nil if its header is not complete.
    static func byteCount(ofFrameThatBeginsWith bytes: [UInt8]) -> Int? {
        guard bytes.count >= 6 else { return nil }
        guard bytes[0...3] == [0x28, 0xB5, 0x2F, 0xFD] else { return 0 }
        let descriptor = bytes[4]
        guard descriptor & 0x20 != 0 else {
            let base = 1 << (10 &+ Int(bytes[5] >> 3))
            return cost(UInt64(base &+ base / 8 &* Int(bytes[5] & 7)))
        }
        // A single segment: the window is as long as the content.
        let dictionary = [0, 1, 2, 4][Int(descriptor & 3)]
        let size = [1, 2, 4, 8][Int(descriptor >> 6)]
        let start = 5 &+ dictionary
        guard bytes.count >= start &+ size else { return nil }
        var length: UInt64 = size == 2 ? 256 : 0
        for index in 0..<size { length &+= UInt64(bytes[start &+ index]) &<< UInt64(8 &* index) }
        return cost(length)
    }

    /// The memory of the largest window that the library decodes (`zstd --long=27`).
    static let largest = cost(128 << 20)

    private static func cost(_ window: UInt64) -> Int {
        let window = Int(clamping: window)
        return window > Int.max - (1 << 20) ? window : window &+ 2 &* min(window, 128 << 10)
    }
}
