/// The header fields of a head, in order: kept as they stood, and made into strings when they are asked for.
public struct HTTPFields: Hashable, Sendable {
    private enum Form: Hashable {
        /// The lines of a head behind its first.
        case lines([UInt8])
        /// Fields that were made.
        case made([HTTPField])
    }

    private let form: Form

    /// Takes fields that were made.
    public init(_ fields: [HTTPField]) {
        form = .made(fields)
    }

    /// Takes the fields of a head; `start` is where the line after the first begins.
    init(_ head: Span<UInt8>, after start: Int) {
        form = .lines(head.extracting(start...).array)
    }

    /// The fields.
    public var all: [HTTPField] {
        if case .made(let fields) = form { return fields }
        var fields: [HTTPField] = []
        // Browsers send no more, as a rule.
        fields.reserveCapacity(16)
        forEach { name, value in
            fields.append(HTTPField(name: name.string(0..<name.count), value: value.string(0..<value.count)))
        }
        return fields
    }

    /// Lends each field to `body`, without making strings.
    ///
    /// - Parameter body: Gets the name and the value as they stood, which need not be UTF-8; white space around the value
    ///   is gone, and folded lines are joined by one space.
    public func forEach(_ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) {
        switch form {
        case .made(let fields):
            for field in fields { body(field.name.utf8.span, field.value.utf8.span) }
        case .lines(let lines):
            var reader = FieldReader(at: 0)
            while let field = reader.next(in: lines.span) {
                let name = lines.span.extracting(field.name)
                if field.isFolded {
                    let value = lines.span.unfolded(field.value)
                    body(name, value.span)
                } else {
                    body(name, lines.span.extracting(field.value))
                }
            }
        }
    }
}

extension Span<UInt8> {
    /// A copy of the bytes.
    fileprivate var array: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}
