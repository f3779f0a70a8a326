package import WireFormat

/// Searches for the place where frames begin, after a gap or in a stream that began before the capture.
///
/// It keeps the searched bytes, up to a limit, so that decoding can resume at the place found, which is among them.
/// Every place is tried, and judged only by the chain of headers that follows from it (``Evidence``).
package final class FrameSearch {
    /// A place where frames begin.
    package struct Place: Sendable {
        /// The place: bytes from the first byte of the stream.
        package var offset: UInt64
        /// Who sends the stream.
        package var sender: Role
    }

    /// Bytes searched so far.
    package private(set) var searched: UInt64 = 0
    /// The searched bytes that are kept.
    package private(set) var kept: SearchedBytes
    /// Whether frames begin at the first byte, or nowhere.
    package let isAnchored: Bool
    /// The sender whose frames a trial expects: such a trial need not be won, only not lost; nil if none is expected.
    package let expected: Role?

    // Both are values, so that a segment costs two exclusivity checks, not several per byte.
    private var chains: ChainSet
    private let needed: Int
    private let limit: Int

    /// Creates a search.
    ///
    /// - Parameters:
    ///   - streamOffset: The stream offset of the next bytes.
    ///   - sender: Who sends the stream; nil to find out from the masking.
    ///   - isMidstream: Whether no frame of the connection is known.
    ///   - mayBeCompressed: Whether RSV1 may mark compressed messages.
    ///   - shortTexts: The number of short texts that came right before, with nothing else between
    ///     (``WebSocketStream/shortTextRun``).
    ///   - needed: The evidence that a chain needs, in bits.
    ///   - limit: The most bytes to keep.
    package init(
        streamOffset: UInt64, sender: Role?, isMidstream: Bool = false, mayBeCompressed: Bool, shortTexts: UInt8 = 0,
        needed: Int, limit: Int
    ) {
        let rules = ChainSet.Rules(
            senders: sender.map { [$0] } ?? [.client, .server], mayBeCompressed: mayBeCompressed,
            isMidstream: isMidstream, sendsTexts: shortTexts >= Evidence.textsBefore, isAnchored: false,
            expected: nil)
        chains = ChainSet(rules, from: streamOffset)
        kept = SearchedBytes(from: streamOffset)
        isAnchored = false
        expected = nil
        self.needed = needed
        self.limit = limit
    }

    /// Creates a trial of one place: frames begin there, or the stream is not WebSocket.
    ///
    /// All bytes are kept, and frames are tried both masked and unmasked.
    ///
    /// - Parameters:
    ///   - streamOffset: The place, which is the stream offset of the next bytes.
    ///   - mayBeCompressed: Whether RSV1 may mark compressed messages.
    ///   - expected: Who sends the stream, if frames are likely beforehand.
    package init(anchoredAt streamOffset: UInt64, mayBeCompressed: Bool, expected: Role? = nil) {
        let rules = ChainSet.Rules(
            senders: [.client, .server], mayBeCompressed: mayBeCompressed, isMidstream: false, sendsTexts: false,
            isAnchored: true, expected: expected)
        chains = ChainSet(rules, from: streamOffset)
        kept = SearchedBytes(from: streamOffset)
        isAnchored = true
        self.expected = expected
        needed = Evidence.neededAfterUpgrade
        limit = .max
    }

    /// Whether a trial has failed: no chain leads on from its place.
    package var hasFailed: Bool { isAnchored && searched > 0 && chains.isEmpty }

    /// Whether the chain of a trial is more likely than not.
    package var isLikely: Bool { bestEvidence >= Evidence.likely }

    /// Whether a trial ends well without a place: its bytes, which are all there are, are whole frames or as expected.
    ///
    /// - Parameter hasFin: Whether a FIN ended the stream: few streams end inside a frame.
    /// - Returns: Whether it does.
    package func endsWell(hasFin: Bool) -> Bool {
        isAsExpected(needed: hasFin ? Evidence.likely + Evidence.plainText : Evidence.likely)
            || chains.isWhole(at: kept.end)
    }

    /// Whether the bytes of a trial so far are frames as expected, and not text in some encoding: a line that begins
    /// with "A" begins like a compressed fragment.
    ///
    /// - Parameter needed: The evidence needed if they are not whole frames, in bits; nil for ``Evidence/likely``.
    /// - Returns: Whether they are.
    package func isAsExpected(needed: Int? = nil) -> Bool {
        guard searched > 0, chains.isAsExpected(at: kept.end, needed: needed ?? Evidence.likely) else { return false }
        return !kept.bytes(ofPiece: 0).span.beginsPrintable
    }

    /// The memory taken, in bytes.
    package var cost: Int { kept.cost &+ chains.cost &+ FrameSearch.overhead }

    /// The memory that a search takes besides the bytes kept: itself, and the heads of its arrays, in bytes.
    private static let overhead = 1024

    /// The evidence of the leading chain, in bits.
    package var bestEvidence: Int { chains.bestEvidence }

    /// Searches the next bytes of the stream, those of a segment.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - origin: Their packet.
    ///   - received: How far its sender had received the other stream, if that is known.
    /// - Returns: Where frames begin, once that is clear.
    package func receive(_ bytes: Span<UInt8>, origin: Origin, received: UInt64? = nil) -> Place? {
        let start = kept.end
        kept.append(bytes, origin, received: received)
        searched &+= UInt64(bytes.count)
        chains.learn(bytes)
        chains.advance(over: kept, segmentStart: start, isEnd: false)
        let place = decide()
        if place == nil, kept.count > limit { discard() }
        return place
    }

    /// Decides from the bytes so far, since the stream has ended.
    ///
    /// - Parameter hasFin: Whether a FIN ended it.
    /// - Returns: Where frames begin, if there is such a place after all.
    package func finish(hasFin: Bool) -> Place? {
        chains.advance(over: kept, segmentStart: nil, isEnd: true)
        if hasFin { chains.finish(at: kept.end, segment: kept.startOfSegment(endingAt: kept.end)) }
        return decide()
    }

    /// Whether frames of a sender begin at the first byte kept, if they must begin there or nowhere: then the evidence
    /// needed is only that after an unproven upgrade.
    ///
    /// - Parameters:
    ///   - sender: Who sends the stream.
    ///   - hasFin: Whether no more bytes come, since a FIN ended the stream.
    /// - Returns: Whether they do.
    package func beginsWithFrames(from sender: Role, hasFin: Bool) -> Bool {
        let trial = FrameSearch(anchoredAt: kept.start, mayBeCompressed: true)
        var place: Place?
        for piece in 0..<kept.pieceCount {
            guard place == nil, kept.missing(inPiece: piece) == 0 else { break }
            place = trial.receive(kept.bytes(ofPiece: piece).span, origin: kept.origin(ofPiece: piece))
        }
        let last = trial.finish(hasFin: hasFin)
        place = place ?? last
        guard kept.pieceCount > 0, let header = FrameHeader(kept.bytes(ofPiece: 0).span),
            header.isMasked == (sender == .client)
        else { return false }
        if place == nil {
            // A single empty control frame is no evidence unless the stream ends with it.
            guard hasFin, trial.isOneFrame, header.opcode.isControl, header.payloadLength == 0 else { return false }
        }
        // The characters of a text, or the code of a Close frame, prove more than a key.
        guard kept.pieceCount == 1, trial.isOneFrame, let key = header.maskingKey else { return true }
        let content = Evidence.contentOfOneFrame + (hasFin ? Evidence.endsStream : 0)
        return key.isKeyOfChance || trial.bestEvidence >= content
    }

    /// Whether the bytes of a trial are a single frame.
    private var isOneFrame: Bool { kept.pieceCount == 1 && chains.frames(to: kept.end) == 1 }

    /// The Close frame that the last segment may be, whole and alone.
    ///
    /// It is one if a FIN follows it and the other end's Close frame has the same code, since one Close frame answers
    /// the other (RFC 6455 5.5.1).
    ///
    /// - Parameter sender: Who sends the stream.
    /// - Returns: Its place and its code; nil if the segment is something else.
    package func lastClose(from sender: Role) -> (place: Place, code: CloseCode)? {
        guard !isAnchored, kept.pieceCount > 0 else { return nil }
        let segment = kept.bytes(ofPiece: kept.pieceCount - 1)
        guard let header = FrameHeader(segment.span), header.firstByte == 0x88, header.isMasked == (sender == .client),
            header.hasMinimalLength, (2...125).contains(header.payloadLength),
            header.byteCount &+ Int(header.payloadLength) == segment.count
        else { return nil }
        var masking = Masking(maskingKey: header.maskingKey ?? 0)
        var payload: [UInt8] = []
        payload.append(addingCapacity: Int(header.payloadLength)) {
            masking.unmask(segment.span.extracting(droppingFirst: header.byteCount), into: &$0)
        }
        let body = CloseBody(payload.span)
        guard let code = body.code, body.reason != nil else { return nil }
        return (Place(offset: kept.end &- UInt64(segment.count), sender: sender), code)
    }

    /// Skips the next `length` bytes of the stream, which are missing, if a chain spans them: then the gap is in the
    /// payload of a frame whose header is in the chain.
    ///
    /// - Parameters:
    ///   - length: The number of missing bytes.
    ///   - origin: The packet that shows the gap.
    /// - Returns: Whether a chain spans the gap. If not, nothing changes, and a new search must begin after it.
    package func skip(_ length: UInt64, origin: Origin) -> Bool {
        chains.advance(over: kept, segmentStart: nil, isEnd: true)
        guard chains.skip(length, at: kept.end) else { return false }
        kept.appendGap(length, origin)
        return true
    }

    /// The beginning of the leading chain, if it has enough evidence.
    private func decide() -> Place? {
        chains.leader(needed: needed, end: kept.end).map { Place(offset: $0.start, sender: $0.sender) }
    }

    /// Discards the first half of the kept bytes, as far as no chain waits in it.
    ///
    /// Chains that begin there continue from their next header. That header is among the last bytes, since a chain
    /// waits at most for a header and the first bytes of its payload.
    private func discard() {
        guard let start = kept.discardHalf(before: chains.awaited) else { return }
        chains.restart(before: start)
    }
}
