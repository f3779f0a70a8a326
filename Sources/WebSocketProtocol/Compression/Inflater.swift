import BasicContainers
import WireFormat

/// Inflates the messages of one direction (RFC 7692 7.2.2): short ones with zlib, long ones with ISA-L.
///
/// ISA-L is two to three times as fast, but fills 20 KB of tables for each block, and its state takes 87 KB. So zlib
/// keeps the window, and a long message begins with a copy of it in an ISA-L state that lives until the message ends.
struct Inflater: ~Copyable {
    /// How one step ended.
    enum Status {
        /// All input was taken, and what it inflates to is in the output.
        case inputTaken
        /// The output has no room left.
        case outputFull
        /// The data is not deflate data.
        case broken
    }

    private var zlib: ZlibInflater
    /// Inflates the current message if it is long.
    private var isal: ISALInflater?
    private let windowBits: Int
    /// Bytes inflated since the last reset: what is known of the window.
    private(set) var inflatedCount = 0
    /// Bytes of its window that zlib has touched: the window is allocated at once and filled from its beginning.
    private var touchedCount = 0

    /// How many compressed bytes make a message a long one.
    static let longMessage: UInt64 = 256

    /// Memory taken before anything is inflated, in bytes.
    static var stateByteCount: Int { ZlibInflater.stateByteCount }

    /// Memory taken, in bytes, not counting what a long message takes while it lasts.
    var byteCount: Int { ZlibInflater.stateByteCount &+ touchedCount }

    /// Creates an inflater with an empty window; nil if there is no memory.
    ///
    /// - Parameter windowBits: The negotiated 8 to 15.
    init?(windowBits: Int) {
        // When it deflates, zlib treats 8 as 9, so a sender that negotiated 8 may use a window of 512 bytes.
        self.windowBits = max(9, windowBits)
        guard let zlib = ZlibInflater(windowBits: self.windowBits) else { return nil }
        self.zlib = zlib
    }

    /// Whether everything inflated so far ends at the end of a block.
    var isAtBlockEnd: Bool {
        switch isal {
        case .some(let isal): isal.isAtBlockEnd
        case .none: zlib.isAtBlockEnd
        }
    }

    /// Whether a final block ended, so that the flush marker that ends a message must not be appended.
    var isAtStreamEnd: Bool {
        switch isal {
        case .some(let isal): isal.hasEnded
        case .none: zlib.hasEnded
        }
    }

    /// Clears the window: the next message begins afresh.
    mutating func reset() {
        zlib.reset()
        isal = nil
        inflatedCount = 0
    }

    /// Begins a long message, after the one before it ended.
    ///
    /// Others need no beginning.
    mutating func beginLong() {
        isal = ISALInflater(windowBits: windowBits, after: zlib)
    }

    /// Takes what is left to inflate of a message whose data ends inside a block.
    mutating func takeLast(into output: inout UniqueArray<UInt8>) {
        let before = output.count
        isal?.takeLastLiterals(into: &output)
        inflatedCount &+= output.count &- before
    }

    /// Ends a message that was inflated.
    ///
    /// The next one begins with a block, even if a block of this one is unfinished.
    mutating func end() {
        guard let isal = isal.take() else {
            zlib.endBlock()
            return
        }
        isal.handBack(to: &zlib)
        touch()
    }

    /// Inflates from `input` into the free capacity of `output`.
    mutating func inflate(_ input: inout ByteCursor, into output: inout UniqueArray<UInt8>) -> Status {
        let before = output.count
        defer { inflatedCount &+= output.count &- before }
        if isInflatingLong { return isal?.inflate(&input, into: &output) ?? .broken }
        defer { touch() }
        return zlib.inflate(&input, into: &output)
    }

    private var isInflatingLong: Bool {
        switch isal {
        case .some: true
        case .none: false
        }
    }

    private mutating func touch() {
        touchedCount = max(touchedCount, min(inflatedCount, 1 &<< windowBits))
    }
}
