import WireFormat

/// An entry of Sec-WebSocket-Extensions (RFC 6455 9.1).
public struct WebSocketExtension: Hashable, Sendable {
    /// A parameter: `name` or `name=value`.
    public struct Parameter: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The value, without quotes; nil if there is none.
        public var value: String?

        /// Creates a parameter.
        public init(name: String, value: String?) {
            self.name = name
            self.value = value
        }
    }

    /// The registered name, such as "permessage-deflate".
    public var name: String
    /// Its parameters in order.
    public var parameters: [Parameter]

    /// Creates an extension.
    public init(name: String, parameters: [Parameter]) {
        self.name = name
        self.parameters = parameters
    }
}

extension [WebSocketExtension] {
    /// Whether each of them has the name of an offered one.
    func areNamed(in offered: [WebSocketExtension]) -> Bool {
        // A few need no set, but many must not take quadratic time.
        if count <= 4 { return allSatisfy { answer in offered.contains { $0.name == answer.name } } }
        return Set(map(\.name)).isSubset(of: offered.map(\.name))
    }
}

/// The negotiated extensions that this library does not decode: all but permessage-deflate.
package struct UndecodedExtensions: Hashable, Sendable {
    /// Their names, in the order of the response.
    package let names: [String]
    /// The reserved bits of a frame's first byte (0x40, 0x20, 0x10) that these extensions may use (RFC 6455 5.2, 9.2).
    ///
    /// If a frame has one of them set, its payload is in a form that only the extension defines.
    package let reservedBits: UInt8

    /// Selects them from the extensions that a response names.
    package init(_ negotiated: [WebSocketExtension]) {
        names = negotiated.compactMap { $0.name == DeflateParameters.extensionName ? nil : $0.name }
        var bits: UInt8 = 0
        for name in names { bits |= UndecodedExtensions.isLegacyDeflate(name) ? 0x40 : 0x70 }
        // RFC 7692 6: RSV1 belongs to permessage-deflate if that was negotiated too.
        let hasDeflate = names.count < negotiated.count
        reservedBits = hasDeflate ? bits & 0x30 : bits
    }

    /// Whether the name is that of the expired draft that compressed each frame on its own, as WebKit once did.
    package static func isLegacyDeflate(_ name: String) -> Bool {
        name == "x-webkit-deflate-frame" || name == "deflate-frame"
    }
}

/// Reads Sec-WebSocket-Extensions (RFC 6455 9.1); entries that break the grammar are skipped and recorded.
struct ExtensionListParser {
    /// Whether any entry broke the grammar.
    private(set) var isMalformed = false
    private var bytes: [UInt8] = []
    private var position = 0

    /// Reads the values of all such fields, which together are one list.
    mutating func parse(_ values: [String]) -> [WebSocketExtension] {
        var extensions: [WebSocketExtension] = []
        for value in values {
            bytes = Array(value.utf8)
            position = 0
            while position < bytes.count {
                // Empty elements of a list are ignored (RFC 9110 5.6.1.2).
                skipWhiteSpace()
                if take(UInt8(ascii: ",")) || position == bytes.count { continue }
                if let entry = entry() {
                    extensions.append(entry)
                } else {
                    isMalformed = true
                    skipEntry()
                }
            }
        }
        return extensions
    }

    /// Reads `token *( ";" param )`, including the comma that ends it.
    private mutating func entry() -> WebSocketExtension? {
        guard let name = token() else { return nil }
        var parameters: [WebSocketExtension.Parameter] = []
        while take(UInt8(ascii: ";")) {
            guard let parameter = token() else { return nil }
            var value: String?
            if take(UInt8(ascii: "=")) {
                value = quotedString() ?? token()
                if value == nil { return nil }
            }
            parameters.append(.init(name: parameter, value: value))
        }
        guard take(UInt8(ascii: ",")) || position == bytes.count else { return nil }
        return WebSocketExtension(name: name, parameters: parameters)
    }

    /// Reads a token (RFC 9110 5.6.2) and skips white space around it.
    private mutating func token() -> String? {
        skipWhiteSpace()
        let start = position
        while position < bytes.count, bytes[position].isTokenCharacter { position += 1 }
        let end = position
        skipWhiteSpace()
        return start < end ? String(decoding: bytes[start..<end], as: UTF8.self) : nil
    }

    /// Reads a quoted string (RFC 9110 5.6.4), without its quotes, and skips white space around it.
    private mutating func quotedString() -> String? {
        skipWhiteSpace()
        guard take(UInt8(ascii: "\"")) else { return nil }
        var text: [UInt8] = []
        while position < bytes.count {
            if take(UInt8(ascii: "\"")) {
                skipWhiteSpace()
                return String(decoding: text, as: UTF8.self)
            }
            if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count { position += 1 }
            text.append(bytes[position])
            position += 1
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipWhiteSpace() {
        while take(UInt8(ascii: " ")) || take(UInt8(ascii: "\t")) {}
    }

    /// Skips the rest of a malformed entry, up to the next comma.
    private mutating func skipEntry() {
        while position < bytes.count, bytes[position] != UInt8(ascii: ",") { position += 1 }
    }
}
