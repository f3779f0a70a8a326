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
