import WireFormat

/// A few bytes before the first frame, such as the NUL at the end of a C string.
extension WebSocketStream {
    /// Distinguishes a frame from stray bytes before one.
    ///
    /// Such a byte breaks a rule as the first of a header. On a server's side it begins no frame, since the frame would
    /// also be masked or break a second rule; on a client's side it begins one only if no frame follows the stray
    /// bytes, or another frame follows this one.
    ///
    /// - Parameters:
    ///   - strayCount: The number of bytes that may be stray.
    ///   - bytes: Those bytes and the ones that follow.
    ///   - isEnd: Whether no more will come.
    /// - Returns: Whether they are stray.
    func matchOfStrayBytes(_ strayCount: Int, _ bytes: Span<UInt8>, isEnd: Bool) -> Match {
        let opcode = Opcode(rawValue: bytes[0] & 0xf)
        let mayBegin = (opcode == .text || opcode == .binary) && bytes[0] & 0x70 & ~usedBits == 0
        guard !mayBegin, strayCount <= Self.mostStrayBytes else { return .none }
        guard let isFrame = bytes.beginsFrame(at: strayCount, from: sender) else {
            guard isEnd else { return .part }
            return bytes[0].isStray ? .whole : .none
        }
        guard isFrame else { return .none }
        guard strayCount &+ 1 < bytes.count else { return .part }
        guard sender == .client, strayCount == 1 else { return .whole }
        // The length byte of the other frame would be the first byte of the true header: an opcode.
        let end = 6 &+ Int(bytes[1] & 0x7f)
        guard let start = bytes.placeOfFrame(after: strayCount) else { return isEnd ? .none : .part }
        // The frame that ends first decides, so that it makes no difference how the bytes are cut.
        if start <= end {
            if isEnd, start == bytes.count { return .whole }
            guard let isFollowed = bytes.beginsMessage(at: start, from: sender) else { return isEnd ? .none : .part }
            if isFollowed { return .whole }
        }
        guard end &+ 1 < bytes.count else { return isEnd ? .none : .part }
        // An end that breaks one rule may break others too: those of masking and of fragments.
        let next = Opcode(rawValue: bytes[end] & 0xf)
        guard bytes[end] & 0x30 == 0, !next.isReserved else { return .whole }
        return bytes[end &+ 1] >= 0x80 || bytes.beginsMessage(at: end, from: sender.peer) == true ? .none : .whole
    }

    /// The most bytes to skip before a frame.
    static var mostStrayBytes: Int { 4 }
}

extension Span<UInt8> {
    /// Counts the bytes at the start that may be stray: any single byte, or several of the usual ones.
    ///
    /// - Parameter limit: The most that matter; one more is counted.
    /// - Returns: The count, at least 1.
    func strayCount(limit: Int) -> Int {
        var end = 0
        while end < count, end <= limit, self[end].isStray { end &+= 1 }
        return Swift.max(1, end)
    }

    /// The index of the frame after the one at `index`; nil if that one's header is incomplete.
    fileprivate func placeOfFrame(after index: Int) -> Int? {
        guard let header = FrameHeader(extracting(index...)) else { return nil }
        return Int(clamping: UInt64(index &+ header.byteCount) &+ Swift.min(header.payloadLength, 1 << 32))
    }

    /// Whether a frame at an index, after a whole message, breaks no rule (RFC 6455 5); nil if its header is
    /// incomplete.
    fileprivate func beginsMessage(at index: Int, from sender: Role) -> Bool? {
        guard index &+ 1 < count else { return nil }
        let opcode = Opcode(rawValue: self[index] & 0xf)
        guard self[index] & 0x30 == 0, !opcode.isReserved, opcode != .continuation else { return false }
        guard !opcode.isControl || self[index] & 0xc0 == 0x80 && self[index &+ 1] & 0x7f < 126 else { return false }
        return (self[index &+ 1] >= 0x80) == (sender == .client)
    }
}

extension UInt8 {
    /// Whether the byte ends strings or lines, separates words, or ended frames in early drafts.
    fileprivate var isStray: Bool {
        switch self {
        case 0, 0x0a, 0x0d, 0x20, 0xff: true
        default: false
        }
    }
}
