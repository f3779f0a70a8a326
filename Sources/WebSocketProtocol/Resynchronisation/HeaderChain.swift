import WireFormat

/// A guess at where frames begin: a place, and the headers that follow one another from there (RFC 6455 5.2, 5.4).
struct HeaderChain {
    /// Whether fragments of a message are due.
    private enum MessageState {
        /// The chain began where it cannot be known.
        case unknown
        case outside, inside
    }

    /// Who would send these frames: the mask bit of the first tells.
    let sender: Role
    /// Where the first header stands.
    private(set) var start: UInt64
    /// Where the next header is due.
    private(set) var next: UInt64
    /// What the chain proves so far.
    var bits: Int { min(formBits, formLimit) + contentBits }
    /// What headers that follow one another, and end with segments, prove: records of other protocols may do so too.
    private var formBits: Int
    /// The most that these count.
    private let formLimit: Int
    /// What other protocols do not have.
    private var contentBits = 0
    /// What ``ChainWalks`` knows it by.
    var walk = 0
    /// What the best of the chains proved that a gap broke and this one reached over: it must lead over that one too.
    private(set) var rivalBits = 0
    /// Headers in the chain.
    private(set) var frames = 0
    private var message = MessageState.unknown
    private var lastFirstByte: UInt8?
    private var lastLength: UInt64?
    private var lastKey: UInt32 = 0
    private var emptyFrames = 0
    /// What the last frame's header proved.
    private var lastHeaderBits = 0

    /// Frames without payload that may follow one another: runs of zeros look like them.
    private static let emptyFrameLimit = 4
    /// The longest frame believed.
    private static let lengthLimit: UInt64 = 1 << 31

    /// Begins at `start`, where a frame of `sender` may begin.
    ///
    /// `isMidstream` tells that nothing is known of the connection.
    init(sender: Role, start: UInt64, isSegmentStart: Bool, isMidstream: Bool) {
        self.sender = sender
        self.start = start
        next = start
        formBits = isSegmentStart ? Evidence.atSegmentStart : 0
        formLimit = isMidstream && sender == .server ? Evidence.unmaskedFormMidstream : .max
    }

    /// Takes over a better beginning: another chain has met this one, with so many bits more.
    mutating func adopt(start: UInt64, bits: Int) {
        self.start = start
        formBits += bits
    }

    /// Whether two chains go on alike: then the one that began first has all the evidence.
    func merges(with other: HeaderChain) -> Bool {
        next == other.next && sender == other.sender
    }

    /// Takes the header that is due.
    ///
    /// - Parameters:
    ///   - header: What stands where a header is due.
    ///   - payload: The bytes behind the header, as many as are at hand, at most the payload's length.
    ///   - mayBeCompressed: Whether RSV1 may mark compressed messages.
    /// - Returns: Whether it can be one; else the chain is broken.
    mutating func take(_ header: FrameHeader, payload: Span<UInt8>, mayBeCompressed: Bool) -> Bool {
        guard isPlausible(header, mayBeCompressed: mayBeCompressed) else { return false }
        if header.payloadLength == 0 {
            emptyFrames += 1
            guard emptyFrames <= HeaderChain.emptyFrameLimit else { return false }
        } else {
            emptyFrames = 0
            guard let payloadBits = evidence(of: payload, header) else { return false }
            lastHeaderBits = headerEvidence(header)
            formBits += lastHeaderBits
            contentBits += payloadBits
            if lastHeaderBits > 0, header.payloadLength > 125 { contentBits += Evidence.extendedLength }
        }
        if !header.opcode.isControl { message = header.fin ? .outside : .inside }
        lastFirstByte = header.firstByte
        lastLength = header.payloadLength
        lastKey = header.maskingKey ?? 0
        frames += 1
        next &+= UInt64(header.byteCount) &+ header.payloadLength
        return true
    }

    /// Gives up the frames taken so far: the chain begins at the header that is due.
    mutating func restart() {
        start = next
    }

    /// Counts that a gap broke other chains, of which the best proved so much.
    mutating func lose(rivalBits bits: Int) {
        rivalBits = max(rivalBits, bits)
    }

    /// Counts that the frame taken last ends at a segment's end.
    mutating func endsWithSegment() {
        guard let lastLength, lastLength > 0, lastHeaderBits > 0 else { return }
        formBits += lastHeaderBits < Evidence.header ? Evidence.repeatedEnd : Evidence.endsSegment
    }

    /// Counts that the frame taken last ends with the stream.
    mutating func endsWithStream() {
        guard let lastLength, lastLength > 0, lastHeaderBits > 0 else { return }
        formBits += Evidence.endsStream
    }

    private func isPlausible(_ header: FrameHeader, mayBeCompressed: Bool) -> Bool {
        let opcode = header.opcode
        guard header.isMasked == (sender == .client), !header.rsv2, !header.rsv3, !opcode.isReserved,
            header.hasMinimalLength, header.payloadLength <= HeaderChain.lengthLimit
        else { return false }
        if header.maskingKey == 0 { return false }
        // RFC 7692 6: RSV1 stands on the first frame of a message only.
        if header.rsv1, !mayBeCompressed || opcode.isControl || opcode == .continuation { return false }
        if opcode.isControl { return header.fin && header.payloadLength <= 125 }
        switch message {
        case .unknown: return true
        case .outside: return opcode != .continuation
        case .inside: return opcode == .continuation
        }
    }

    private func headerEvidence(_ header: FrameHeader) -> Int {
        // Keys are random (RFC 6455 5.3): a byte that stands in the last one too is a sign of bytes that repeat.
        if let key = header.maskingKey, (key ^ lastKey).hasZeroByte { return 0 }
        // Zero is the commonest byte of all, and lengths of 16 and 32 bits begin with it.
        if header.firstByte == 0, header.payloadLength < 126 { return 0 }
        if header.payloadLength < 4, !header.isMasked { return Evidence.tinyFrame }
        if header.firstByte == lastFirstByte, header.payloadLength == lastLength { return Evidence.repeatedHeader }
        return Evidence.header
    }

    /// What a payload proves; nil when it cannot be the payload of such a frame.
    private func evidence(of payload: Span<UInt8>, _ header: FrameHeader) -> Int? {
        var bytes = InlineArray<128, UInt8>(repeating: 0)
        let count = min(payload.count, 128)
        let key = header.maskingKey ?? 0
        var characters = 0
        var unveiled = 0
        for index in 0..<count {
            let byte = payload[index]
            bytes[index] = byte ^ UInt8(truncatingIfNeeded: key &>> (24 &- UInt32(index & 3) &* 8))
            guard bytes[index].isPrintable else { continue }
            characters += 1
            if !byte.isPrintable { unveiled += 1 }
        }
        // Text under a mask that is text itself proves nothing: any key of that kind makes text of it.
        let textBits = unveiled * 4 >= count ? min(characters * Evidence.unmaskedCharacter, Evidence.unmaskedText) : 0
        let head = bytes.span.extracting(0..<count)
        let isWhole = UInt64(count) == header.payloadLength
        if header.opcode == .close, header.payloadLength > 0 {
            guard header.payloadLength != 1 else { return nil }
            guard count >= 2 else { return 0 }
            let body = CloseBody(head)
            guard let code = body.code, code.mayBeSent, !isWhole || body.reason != nil else { return nil }
            return Evidence.closeCode + (header.isMasked ? textBits : 0)
        }
        guard header.opcode == .text else { return 0 }
        if header.rsv1 { return header.isMasked ? 0 : Evidence.compressedText }
        var text = UTF8Validator()
        text.receive(head)
        guard isWhole && header.fin ? text.isComplete : text.isValid else { return nil }
        if header.isMasked { return textBits }
        return count >= 8 && head.holdsNoControlCharacter ? Evidence.plainText : 0
    }
}

extension UInt32 {
    /// Whether one of its bytes is zero.
    fileprivate var hasZeroByte: Bool { (self &- 0x0101_0101) & ~self & 0x8080_8080 != 0 }
}

extension Span<UInt8> {
    /// Whether there are no control characters but white space in it.
    fileprivate var holdsNoControlCharacter: Bool {
        indices.allSatisfy { self[$0] >= 0x80 || self[$0].isPrintable }
    }
}

extension UInt8 {
    /// Whether it is a character that texts hold: printable ASCII, tab, line feed or carriage return.
    fileprivate var isPrintable: Bool {
        switch self {
        case 0x20...0x7e, 0x09, 0x0a, 0x0d: true
        default: false
        }
    }
}

/// Where chains have taken headers among the bytes at hand, so that none is walked twice: the time of a search is linear
/// in the bytes, whatever they are.
///
/// A chain that comes to a header that another has taken ends there. What it proves beyond the other up to that place is
/// the other's gain, and its beginning the other's beginning.
struct ChainWalks {
    /// A header that was taken.
    private struct Mark {
        /// One more than the walk that took it; zero where none did.
        var walk: Int32 = 0
        /// What its chain proved before it.
        var bits: Int32 = 0
    }

    private let start: UInt64
    private let count: Int
    /// The places that a client's headers stand at, then those of a server's.
    private var marks: [Mark] = []
    private var gains: [(bits: Int, start: UInt64)] = []

    /// Begins with the bytes of the stream from one place to another, in which chains may begin.
    init(from start: UInt64, to end: UInt64) {
        self.start = start
        count = Int(clamping: end &- start)
    }

    /// Begins a chain's walk and returns what it is known by.
    mutating func begin() -> Int {
        gains.append((0, 0))
        return gains.count - 1
    }

    /// Whether the header that the chain is due to take was taken by another, which then has the better of the two
    /// beginnings.
    mutating func meets(_ chain: HeaderChain) -> Bool {
        guard !marks.isEmpty, let index = index(chain.next, chain.sender), marks[index].walk > 0 else { return false }
        let other = Int(marks[index].walk) - 1
        let bits = chain.bits - Int(marks[index].bits)
        if bits > gains[other].bits { gains[other] = (bits, chain.start) }
        return true
    }

    /// Notes that a chain, which proved so many bits before, has taken the header at a place.
    mutating func mark(_ place: UInt64, by chain: HeaderChain, bits: Int) {
        guard let index = index(place, chain.sender) else { return }
        if marks.isEmpty { marks = Array(repeating: Mark(), count: 2 &* count) }
        marks[index] = Mark(walk: Int32(truncatingIfNeeded: chain.walk + 1), bits: Int32(clamping: bits))
    }

    /// The better beginning that a walk was given by those that met it, and by how much it is better.
    func gain(of walk: Int) -> (bits: Int, start: UInt64)? {
        gains[walk].bits > 0 ? gains[walk] : nil
    }

    private func index(_ place: UInt64, _ sender: Role) -> Int? {
        guard place >= start, place &- start < UInt64(count) else { return nil }
        return Int(place &- start) &+ (sender == .client ? 0 : count)
    }
}
