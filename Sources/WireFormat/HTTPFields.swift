/// A header field (RFC 9110 5): bytes that are not UTF-8 are replaced by U+FFFD.
public struct HTTPField: Hashable, Sendable {
    /// The name as sent.
    public var name: String
    /// The value, without white space around it; folded lines are joined by one space.
    public var value: String

    /// Creates a field.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// The header fields of a message, in order, of any version of HTTP.
///
/// Those of an HTTP/1 head are kept as bytes and turned into strings on demand: most callers never look at them.
public struct HTTPFields: Hashable, Sendable {
    private enum Form: Hashable {
        /// The lines of an HTTP/1 head after its first.
        case lines([UInt8])
        /// Fields that were decoded elsewhere.
        case list([HTTPField])
    }

    private let form: Form
    /// Where the lines begin that the reader of the head has marked.
    private let marks: FieldMarks?

    /// Creates them from fields.
    public init(_ fields: [HTTPField]) {
        form = .list(fields)
        marks = nil
    }

    /// Copies the fields of a complete HTTP/1 head.
    ///
    /// - Parameters:
    ///   - head: The head.
    ///   - start: Where the line after the first begins.
    ///   - marks: The fields that ``forEachMarked(_:)`` lends; nil for all of them.
    package init(_ head: Span<UInt8>, after start: Int, marks: FieldMarks? = nil) {
        form = .lines(head.extracting(start...).array)
        self.marks = marks
    }

    /// The fields.
    public var all: [HTTPField] {
        if case .list(let fields) = form { return fields }
        var fields: [HTTPField] = []
        // Browsers rarely send more.
        fields.reserveCapacity(16)
        forEach { name, value in
            fields.append(HTTPField(name: name.string(0..<name.count), value: value.string(0..<value.count)))
        }
        return fields
    }

    /// Their approximate size in memory, in bytes.
    package var cost: Int {
        switch form {
        case .lines(let lines): lines.capacity
        case .list(let fields): fields.reduce(0) { $0 &+ 96 &+ $1.name.utf8.count &+ $1.value.utf8.count }
        }
    }

    /// Lends each field to `body`, without making strings.
    ///
    /// - Parameter body: Receives the name and the value as sent, which need not be UTF-8; white space around the value
    ///   is removed, and folded lines are joined by one space.
    public func forEach(_ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) {
        switch form {
        case .list(let fields):
            for field in fields { body(field.name.utf8.span, field.value.utf8.span) }
        case .lines(let lines):
            var reader = FieldReader(at: 0)
            while let field = reader.next(in: lines.span) { Self.lend(field, in: lines.span, to: body) }
        }
    }

    /// Lends each field that was marked when the head was read, like ``forEach(_:)``; all fields if none were marked or
    /// there were too many.
    package func forEachMarked(_ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) {
        guard let marks, !marks.isOverfull, case .lines(let lines) = form else { return forEach(body) }
        for index in 0..<marks.count {
            var reader = FieldReader(at: marks[index])
            if let field = reader.next(in: lines.span) { Self.lend(field, in: lines.span, to: body) }
        }
    }

    private static func lend(
        _ field: FieldReader.Field, in lines: Span<UInt8>, to body: (Span<UInt8>, Span<UInt8>) -> Void
    ) {
        let name = lines.extracting(field.name)
        if field.isFolded {
            let value = lines.unfolded(field.value)
            body(name, value.span)
        } else {
            body(name, lines.extracting(field.value))
        }
    }
}

/// Where some fields of an HTTP/1 head begin, so that a later reader need not search again.
package struct FieldMarks: Hashable, Sendable {
    private var starts = SIMD4<UInt32>()
    /// How many there are.
    private(set) var count = 0

    /// Creates an empty set.
    package init() {}

    /// Whether there were more than it can hold.
    var isOverfull: Bool { count > SIMD4<UInt32>.scalarCount }

    /// Where a field begins, counted from the line after the first.
    subscript(index: Int) -> Int { Int(starts[index]) }

    /// Adds a field by its offset from the start of the second line.
    package mutating func add(_ start: Int) {
        if count < SIMD4<UInt32>.scalarCount { starts[count] = UInt32(clamping: start) }
        count = min(count + 1, SIMD4<UInt32>.scalarCount + 1)
    }
}

/// Reads the header fields of a complete HTTP/1 head one by one (RFC 9112 5), as ranges, without making strings.
///
/// White space before the colon is tolerated, folded lines (5.2) belong to the value, and lines without a colon are
/// skipped.
package struct FieldReader {
    /// Where a field stands in its head.
    package struct Field {
        /// The name.
        package let name: Range<Int>
        /// The value without white space around it.
        package let value: Range<Int>
        /// Whether the value may hold folds.
        package let isFolded: Bool
    }

    private var position: Int

    /// Starts at the line after the first.
    package init(at position: Int) {
        self.position = position
    }

    /// The next field; nil at the end.
    package mutating func next(in head: Span<UInt8>) -> Field? {
        while position < head.count {
            let start = position
            var end = head.index(of: UInt8(ascii: "\n"), in: start..<head.count)
            let colon = head.index(of: UInt8(ascii: ":"), in: start..<end)
            let lineEnd = end
            // RFC 9112 5.2: a line that begins with white space continues the one before.
            while end + 1 < head.count, head[end + 1].isWhiteSpace {
                end = head.index(of: UInt8(ascii: "\n"), in: end + 1..<head.count)
            }
            position = end + 1
            guard colon < end, head[colon] == UInt8(ascii: ":") else { continue }
            let name = head.trimmed(start..<colon)
            // RFC 9112 2.2: white space between the first line and the first field makes no field.
            guard name.lowerBound == start, !name.isEmpty else { continue }
            return Field(name: name, value: head.trimmed(colon + 1..<end), isFolded: lineEnd < end)
        }
        return nil
    }
}

extension FieldReader.Field {
    /// The value as text; each fold of its lines becomes one space.
    package func text(in head: Span<UInt8>) -> String {
        isFolded ? String(decoding: head.unfolded(value), as: UTF8.self) : head.string(value)
    }

    /// Whether the value, which is a list, contains a token (given in lower case) in any case; a version after a slash
    /// is ignored.
    package func hasToken(_ token: StaticString, in head: Span<UInt8>) -> Bool {
        if isFolded {
            let list = head.unfolded(value)
            return list.span.hasToken(token)
        }
        return head.extracting(value).hasToken(token)
    }
}

extension Span<UInt8> {
    /// A copy of the bytes.
    fileprivate var array: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}
