public import WebSocketProtocol

/// A set of the sixteen opcodes (RFC 6455 5.2).
public struct OpcodeSet: Hashable, Sendable {
    /// A word that names no opcode.
    public struct UnknownOpcode: Error, Hashable, Sendable {
        /// The word.
        public let word: String
    }

    private var bits: UInt16 = 0

    /// Makes a set of those opcodes.
    public init(_ opcodes: [Opcode]) {
        for opcode in opcodes { bits |= 1 << UInt16(opcode.rawValue) }
    }

    /// Reads a list such as "text,ping,0xb": names as in the trace, in either case, or numbers from 0 to 15.
    public init(list: String) throws(UnknownOpcode) {
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let opcode = Self.opcode(word.lowercased()) else { throw UnknownOpcode(word: String(word)) }
            bits |= 1 << UInt16(opcode.rawValue)
        }
    }

    /// Whether the opcode is in the set.
    public func contains(_ opcode: Opcode) -> Bool {
        bits >> UInt16(opcode.rawValue) & 1 == 1
    }

    private static func opcode(_ word: String) -> Opcode? {
        let value = word.hasPrefix("0x") ? UInt8(word.dropFirst(2), radix: 16) : UInt8(word)
        if let value { return value < 16 ? Opcode(rawValue: value) : nil }
        return (0..<16).lazy.map { Opcode(rawValue: $0) }.first { $0.name == word }
    }
}
