import WireFormat

/// Replaces the text of payloads, and keeps what programs depend on: lengths, line breaks, the shape of JSON, and where
/// UTF-8 is broken.
struct TextRedaction: Sendable {
    /// Whether the keys of JSON objects stay.
    let keepsKeys: Bool
    let pseudonyms: Pseudonyms

    /// Whether filler should compress well rather than look like text.
    private var isCompressible = true
    /// Where in the filler a text begins: a multiple of five, so that every fifth character is a digit.
    ///
    /// Different texts stay different, since after a gap frames of one length are recognised by that.
    private var start = 0

    /// What compressible filler repeats.
    private let letters: [UInt8]

    /// Creates a redaction.
    ///
    /// - Parameters:
    ///   - keepsKeys: Whether the keys of JSON objects stay.
    ///   - pseudonyms: Replaces words.
    ///   - hasOwnLetters: Whether compressible filler depends on the key too.
    init(keepsKeys: Bool, pseudonyms: Pseudonyms, hasOwnLetters: Bool) {
        self.keepsKeys = keepsKeys
        self.pseudonyms = pseudonyms
        letters = hasOwnLetters ? pseudonyms.text(for: Filler.text(5)) : Filler.text(5)
    }

    /// Replaces a text by one of the same length in bytes.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - compressible: Whether the replacement should compress well.
    /// - Returns: The replacement.
    func redact(_ text: [UInt8], compressible: Bool) -> [UInt8] {
        var redaction = self
        redaction.isCompressible = compressible
        if !compressible { redaction.start = pseudonyms.number(for: text) * 5 }
        return redaction.redact(text)
    }

    private func character(_ place: Int) -> UInt8 {
        isCompressible ? letters[place % 5] : Filler.variedCharacter(start + place)
    }

    private func redact(_ text: [UInt8]) -> [UInt8] {
        guard let broken = Self.firstBrokenByte(text) else { return redactValid(text[...]) }
        var result = redactValid(text[..<broken])
        // The lead byte and one more are enough to break UTF-8 at the same position; neither is a letter.
        for place in broken..<text.count {
            let isKept = place == broken || place == broken + 1 && text[place] >= 0x80
            result.append(isKept ? text[place] : character(place))
        }
        return result
    }

    private func redactValid(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let first = text.first { !$0.isJSONSpace }
        let last = text.last { !$0.isJSONSpace }
        if (first, last) == (0x7b, 0x7d) || (first, last) == (0x5b, 0x5d) { return redactJSON(Array(text)) }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        appendFiller(for: text, keepingBreaks: true, to: &result)
        return result
    }

    /// Appends filler for characters, each replaced by one of the same length in bytes.
    private func appendFiller(
        for text: ArraySlice<UInt8>, keepingBreaks: Bool, to result: inout [UInt8]
    ) {
        var index = text.startIndex
        var place = 0
        while index < text.endIndex {
            let byte = text[index]
            let length = min(text.endIndex - index, byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4)
            switch length {
            case 1: result.append(keepingBreaks && (byte == 0x0a || byte == 0x0d) ? byte : character(place))
            case 2: result += [0xc2, 0xb7]
            case 3: result += [0xe2, 0x80, 0xa6]
            default: result += [0xf0, 0x9f, 0x94, 0xb9]
            }
            index += length
            // Texts that differ in length before a character are alike after it, so they compress as well as the
            // originals.
            place = length == 1 ? place + 1 : 0
        }
    }

    private func redactJSON(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        var place = 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case 0x22:
                let end = Self.endOfString(in: text, from: index + 1)
                result.append(0x22)
                appendString(text[(index + 1)..<end], isKey: Self.isKey(in: text, after: end), to: &result)
                if end < text.count { result.append(0x22) }
                index = end + 1
                continue
            case 0x7b, 0x7d, 0x5b, 0x5d, 0x3a, 0x2c, 0x20, 0x09, 0x0a, 0x0d: result.append(byte)
            case 0x30...0x39: result.append(0x31)
            case 0x2d, 0x2b, 0x2e: result.append(byte)
            // The exponent of a number.
            case 0x65 where result.last == 0x31, 0x45 where result.last == 0x31: result.append(byte)
            default:
                if let word = Self.literals.first(where: { text[index...].starts(with: $0.0) }),
                    index == 0 || !text[index - 1].isLetter,
                    index + word.0.count == text.count || !text[index + word.0.count].isLetter
                {
                    result += word.1
                    index += word.0.count
                    continue
                }
                let length = min(text.count - index, byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4)
                if length == 1 {
                    result.append(character(place))
                } else {
                    appendFiller(for: text[index..<(index + length)], keepingBreaks: false, to: &result)
                }
                place += 1
                index += length
                continue
            }
            index += 1
        }
        return result
    }

    /// JSON's literals, each with a replacement of the same type.
    private static var literals: [([UInt8], [UInt8])] {
        [("true", "true"), ("false", "true "), ("null", "null")].map { (Array($0.0.utf8), Array($0.1.utf8)) }
    }

    /// The end of the string that begins before `start`: its quote, or the end of the text.
    private static func endOfString(in text: [UInt8], from start: Int) -> Int {
        var index = start
        while index < text.count, text[index] != 0x22 { index += text[index] == 0x5c ? 2 : 1 }
        return min(index, text.count)
    }

    private static func isKey(in text: [UInt8], after end: Int) -> Bool {
        text[min(end + 1, text.count)...].first { !$0.isJSONSpace } == 0x3a
    }

    /// Appends the replacement of a string's characters; escapes stay escapes.
    private func appendString(_ text: ArraySlice<UInt8>, isKey: Bool, to result: inout [UInt8]) {
        if isKey, keepsKeys {
            result += text
            return
        }
        let names = isKey ? pseudonyms.text(for: text) : []
        var index = text.startIndex
        var place = 0
        while index < text.endIndex {
            let byte = text[index]
            if byte == 0x5c, index + 1 < text.endIndex {
                if text[index + 1] == 0x75, index + 6 <= text.endIndex {
                    // \u00b7, a dot.
                    result += [0x5c, 0x75, 0x30, 0x30, 0x62, 0x37]
                    index += 6
                } else {
                    result += [0x5c, 0x6e]
                    index += 2
                }
                continue
            }
            let length = min(text.endIndex - index, byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4)
            if length == 1 {
                result.append(isKey ? names[index - text.startIndex] : character(place))
            } else {
                appendFiller(for: text[index..<(index + length)], keepingBreaks: false, to: &result)
            }
            index += length
            place += 1
        }
    }

    /// Where UTF-8 is first broken; nil if it is not.
    static func firstBrokenByte(_ text: [UInt8]) -> Int? {
        var index = 0
        while index < text.count {
            let lead = text[index]
            let (length, second): (Int, ClosedRange<UInt8>)
            switch lead {
            case 0..<0x80:
                index += 1
                continue
            case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
            case 0xe0: (length, second) = (3, 0xa0...0xbf)
            case 0xed: (length, second) = (3, 0x80...0x9f)
            case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
            case 0xf0: (length, second) = (4, 0x90...0xbf)
            case 0xf4: (length, second) = (4, 0x80...0x8f)
            case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
            default: return index
            }
            guard index + length <= text.count, second ~= text[index + 1],
                text[(index + 1)..<(index + length)].allSatisfy({ $0 & 0xc0 == 0x80 })
            else { return index }
            index += length
        }
        return nil
    }
}

extension UInt8 {
    fileprivate var isJSONSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }
}
