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
        switch form {
        case .lines(let lines): Self.read(lines.span)
        case .made(let fields): fields
        }
    }

    private static func read(_ lines: Span<UInt8>) -> [HTTPField] {
        var fields: [HTTPField] = []
        // Browsers send no more, as a rule.
        fields.reserveCapacity(16)
        var reader = FieldReader(at: 0)
        while let field = reader.next(in: lines) {
            fields.append(HTTPField(name: lines.string(field.name), value: field.text(in: lines)))
        }
        return fields
    }
}

extension Span<UInt8> {
    /// A copy of the bytes.
    fileprivate var array: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}
