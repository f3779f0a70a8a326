package import WireFormat

/// The bytes that a stream begins with, right after the upgrade, while it is not clear whether they are frames.
package final class StreamStart {
    /// The bytes of a segment, or what else came together.
    package struct Piece {
        package let count: Int
        package let origin: Origin
    }

    /// All of them.
    package private(set) var bytes: [UInt8] = []
    /// How they came; at least one.
    package private(set) var pieces: [Piece] = []
    /// The text that they begin with.
    private(set) var text = TextRun()
    /// How many frames the other end had begun when the first came.
    package let framesOfPeer: UInt64

    /// The most bytes of text that are looked at: whatever has no frame in that many is something else.
    static let limit = 4096
    /// The same if it does not begin with text; each further segment has all of them looked at again.
    static let limitOfNumbers = 256

    init(framesOfPeer: UInt64) {
        self.framesOfPeer = framesOfPeer
    }

    /// The bytes of memory that it takes.
    var cost: Int { Self.cost(of: bytes.count, in: pieces.count) }

    static func cost(of bytes: Int, in pieces: Int) -> Int {
        160 &+ 2 &* bytes &+ 2 &* pieces &* MemoryLayout<Piece>.stride
    }

    func append(_ new: Span<UInt8>, _ origin: Origin) {
        bytes.append(copying: new)
        pieces.append(Piece(count: new.count, origin: origin))
        let all = bytes
        text.advance(in: all.span)
    }
}

/// The ASCII text that bytes begin with, as far as it has come: no byte of it is looked at twice.
struct TextRun {
    /// How many bytes, of ``StreamStart/limit`` at most.
    private(set) var count = 0
    /// The place of the first line feed.
    private(set) var endOfLine: Int?

    init() {}

    init(in bytes: Span<UInt8>) {
        advance(in: bytes)
    }

    /// Goes on, since there are more bytes.
    mutating func advance(in bytes: Span<UInt8>) {
        let limit = min(bytes.count, StreamStart.limit)
        while count < limit, bytes[count].isText {
            if endOfLine == nil, bytes[count] == UInt8(ascii: "\n") { endOfLine = count }
            count &+= 1
        }
    }
}

/// What a stream begins with.
package enum StreamBeginning: Sendable {
    /// Frames, as far as can be seen.
    case frames
    /// So many bytes of text in lines: what a server logs, or fields of a head that was ended too early.
    case text(Int)
    /// Another protocol, of which the stream consists.
    case foreign(ForeignProtocol?)
}
