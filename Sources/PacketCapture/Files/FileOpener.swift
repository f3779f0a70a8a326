import WireFormat

/// Opens the files of a capture, each with a buffer that fits the number of files.
struct FileOpener {
    /// How many files may be open with a full-sized buffer.
    private static let largeBufferCount = 32
    /// The buffer size of other files, and of files opened only to learn the time of their first packet, in bytes.
    private static let smallBufferSize = 16 * 1024

    /// A libpcap filter expression; nil if all packets are wanted.
    private let filter: String?
    /// How many blocks of memory each file is read into in turn.
    private let turns: Int
    private let windows: WindowRoom
    /// How many files are open.
    var openFileCount = 0

    init(filter: String?, turns: Int, memory: MemoryBudget) {
        self.filter = filter
        self.turns = turns
        windows = WindowRoom(memory)
    }

    /// The most that zstd windows of files open at the same time take, in bytes.
    var windowByteCount: Int { windows.expected }

    /// Opens a file to be read from its beginning; `follower` waits for more if it is still being written.
    func open(_ path: String, follower: CaptureFollower? = nil) throws(CaptureError) -> CaptureFile {
        let isCrowded = follower == nil && openFileCount >= Self.largeBufferCount
        return try CaptureFile(
            path: path, filter: filter, memory(ofSize: isCrowded ? Self.smallBufferSize : ReadingMemory.usualSize),
            follower: follower)
    }

    /// Opens a file to read its first packet.
    func openBriefly(_ path: String) throws(CaptureError) -> CaptureFile {
        try CaptureFile(path: path, filter: filter, memory(ofSize: Self.smallBufferSize))
    }

    private func memory(ofSize size: Int) -> ReadingMemory {
        ReadingMemory(bufferSize: size, blocks: turns, windows: windows)
    }

    /// Checks the filter before there is a file to apply it to; `names` are for the message.
    ///
    /// - Throws: `badFilter`.
    func checkFilter(of names: [String]) throws(CaptureError) {
        guard let filter else { return }
        do throws(FilterError) {
            _ = try FilterSet(filter, for: .ethernet, isOnly: false)
        } catch {
            throw CaptureError(
                .badFilter, name: names.joined(separator: ", "), detail: error.message, filter: filter)
        }
    }
}
