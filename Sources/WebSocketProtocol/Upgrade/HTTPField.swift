/// A header field as it stood in the head (RFC 9112 5): bytes that are not UTF-8 are replaced by U+FFFD.
public struct HTTPField: Hashable, Sendable {
    /// The name in its own spelling.
    public var name: String
    /// The value, without white space around it; folded lines are joined by one space.
    public var value: String

    /// Makes a field.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension HTTPField {
    /// All fields of a head in order; `start` is where the line after the first begins.
    static func all(in head: Span<UInt8>, after start: Int) -> [HTTPField] {
        var fields: [HTTPField] = []
        var reader = FieldReader(at: start)
        while let field = reader.next(in: head) {
            fields.append(HTTPField(name: head.string(field.name), value: head.unfoldedString(field.value)))
        }
        return fields
    }
}

extension [HTTPField] {
    /// The values of all fields of this name (in lower case), in order.
    func values(_ name: String) -> [String] {
        filter { $0.name.utf8.equalsIgnoringCase(name) }.map(\.value)
    }

    /// The first value of this name (in lower case).
    func firstValue(_ name: String) -> String? {
        first { $0.name.utf8.equalsIgnoringCase(name) }?.value
    }

    /// The elements of a list field, which may stand in several lines (RFC 9110 5.6.1); empty ones are nothing.
    func list(_ name: String) -> [String] {
        values(name).flatMap { value in
            value.utf8.split(separator: UInt8(ascii: ",")).compactMap { element in
                let text = element.drop(while: \.isWhiteSpace)
                guard let end = text.lastIndex(where: { !$0.isWhiteSpace }) else { return nil }
                return String(Substring(text[...end]))
            }
        }
    }

    /// Whether a list field has a token (both in lower case); a version behind a slash does not count.
    func has(token: String, in name: String) -> Bool {
        list(name).contains { $0.utf8.prefix { $0 != UInt8(ascii: "/") }.equalsIgnoringCase(token) }
    }
}
