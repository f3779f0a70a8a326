package import WireFormat

/// The first bytes of a stream, right after the upgrade, while it is unclear whether they are frames.
package final class StreamStart {
    /// The bytes of a segment, or other bytes that came together.
    package struct Piece {
        package let count: Int
        package let origin: Origin
    }

    /// All of the bytes.
    package private(set) var bytes: [UInt8] = []
    /// The pieces in which they came; at least one.
    package private(set) var pieces: [Piece] = []
    /// The text at their start.
    private(set) var text = TextRun()
    /// The number of frames that the other end had begun when the first byte came.
    package let framesOfPeer: UInt64
    /// Whether they may be the request to the upgrade.
    let mayBeRequest: Bool

    /// The most bytes of text to examine: if no frame has begun by then, the stream is something else.
    static let limit = 4096
    /// The same for a stream that does not begin with text; every further segment examines all of them again.
    static let limitOfNumbers = 256

    init(framesOfPeer: UInt64, mayBeRequest: Bool) {
        self.framesOfPeer = framesOfPeer
        self.mayBeRequest = mayBeRequest
    }

    /// The memory that it takes, in bytes.
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

/// The ASCII text at the start of a stream, as far as it has come; no byte is examined twice.
struct TextRun {
    /// The number of its bytes, at most ``StreamStart/limit``.
    private(set) var count = 0
    /// The index of the first line feed.
    private(set) var endOfLine: Int?

    init() {}

    init(in bytes: Span<UInt8>) {
        advance(in: bytes)
    }

    /// Continues with more bytes.
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
    /// This many bytes of lines of text: a server's log output, or header fields after a head that ended too early.
    case text(Int)
    /// The request to the upgrade, of so many bytes, captured after the response had begun the session.
    case request(Int)
    /// Another protocol, for the whole stream.
    case foreign(ForeignProtocol?)
}
