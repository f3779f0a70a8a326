import BasicContainers
import WireFormat

/// Inflates the messages of one direction (RFC 7692 7.2.2): short ones with zlib, long ones with ISA-L.
///
/// ISA-L is two to three times as fast, but fills 20 KB of tables for each block, and its state takes 87 KB. So zlib
/// keeps the window, and a long message begins with a copy of the window in an ISA-L state that lives until the message
/// ends.
struct Inflater: ~Copyable {
    /// How a step ended.
    enum Status {
        /// All input was taken, and everything that it inflates to is in the output.
        case inputTaken
        /// The output has no room left.
        case outputFull
        /// The data is not deflate data.
        case broken
    }

    private var zlib: ZlibInflater
    /// The inflater of the current message, if that is long.
    private var isal: ISALInflater?
    private let windowBits: Int
    /// Bytes inflated since the last reset, which are the known part of the window.
    private(set) var inflatedCount = 0
    /// Bytes of its window that zlib has touched: it allocates the window as a whole and fills it from the start.
    private var touchedCount = 0

    /// The number of compressed bytes from which a message is long.
    static let longMessage: UInt64 = 256

    /// Memory taken before anything is inflated, in bytes.
    static var stateByteCount: Int { ZlibInflater.stateByteCount }

    /// Memory taken, in bytes, without what a long message takes while it lasts.
    var byteCount: Int { ZlibInflater.stateByteCount &+ touchedCount }

    /// Creates an inflater with an empty window; nil if there is no memory.
    ///
    /// - Parameter windowBits: The negotiated value, 8 to 15.
    init?(windowBits: Int) {
        // When deflating, zlib treats 8 as 9, so a sender that negotiated 8 may use a window of 512 bytes.
        self.windowBits = max(9, windowBits)
        guard let zlib = ZlibInflater(windowBits: self.windowBits) else { return nil }
        self.zlib = zlib
    }

    /// Whether the data inflated so far ends at the end of a block.
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

    /// Clears the window: the next message starts from an empty one.
    mutating func reset() {
        zlib.reset()
        isal = nil
        inflatedCount = 0
    }

    /// Begins a long message, after the previous one ended.
    ///
    /// Short messages need no such call.
    mutating func beginLong() {
        isal = ISALInflater(windowBits: windowBits, after: zlib)
    }

    /// Inflates what is left of a message whose data ends inside a block.
    mutating func takeLast(into output: inout UniqueArray<UInt8>) {
        let before = output.count
        isal?.takeLastLiterals(into: &output)
        inflatedCount &+= output.count &- before
    }

    /// Ends an inflated message.
    ///
    /// The next message begins with a new block, even if this one left a block unfinished.
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
