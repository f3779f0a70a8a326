import WireFormat

/// How far bytes match the start of something.
enum Match {
    case none
    /// All bytes match, but more must follow.
    case part
    case whole
}

/// How other protocols begin.
extension Span<UInt8> {
    /// Compares the bytes with the start of a protocol.
    func match(of text: StaticString, from start: Int = 0) -> Match {
        for index in 0..<text.utf8CodeUnitCount {
            guard start &+ index < count else { return .part }
            guard unsafe self[start &+ index] == text.utf8Start[index] else { return .none }
        }
        return .whole
    }

    /// Where the head of a message of HTTP ends that they begin with (RFC 9112 2.1); nil if it does not.
    var endOfHead: Int? {
        for index in 0..<Swift.max(0, count &- 3) where match(of: "\r\n\r\n", from: index) == .whole {
            return index &+ 4
        }
        return nil
    }

    /// Matches the size of a chunk other than the last one (RFC 9112 7.1).
    var matchOfChunk: Match {
        var end = 0
        var isZero = true
        while end < count, end <= 8, self[end].hexadecimalValue != nil {
            isZero = isZero && self[end] == UInt8(ascii: "0")
            end &+= 1
        }
        if end == count { return .part }
        guard !isZero else { return .none }
        return match(of: "\r\n", from: end)
    }

    /// Matches an MQTT CONNECT (3.1) or CONNACK (3.2).
    var matchOfMQTT: Match {
        if self[0] == 0x20 {
            let highest: InlineArray<4, UInt8> = [0x20, 2, 1, 5]
            for index in 1..<4 {
                guard index < count else { return .part }
                guard self[index] <= highest[index], index > 1 || self[1] == 2 else { return .none }
            }
            return .whole
        }
        guard self[0] == 0x10 else { return .none }
        // The remaining length: up to four bytes, all but the last with the top bit set (2.2.3).
        var start = 1
        while start < 4, start < count, self[start] >= 0x80 { start &+= 1 }
        guard start < count else { return .part }
        let match = match(of: "\u{0}\u{4}MQTT", from: start &+ 1)
        return match == .none ? self.match(of: "\u{0}\u{6}MQIsdp", from: start &+ 1) : match
    }

    /// Distinguishes bytes that begin with 0, but not with an empty frame, from hixie-76 frames: text between 0 and
    /// 255.
    func firstHixie(isEnd: Bool) -> StreamBeginning? {
        for index in 1..<count {
            if self[index] == 0xff {
                guard index &+ 1 < count else { return isEnd ? .foreign(.hixie) : nil }
                return self[index &+ 1] == 0 ? .foreign(.hixie) : .frames
            }
            guard self[index].isText || self[index] >= 0x80 else { return .frames }
        }
        return isEnd ? .frames : nil
    }
}
