import CSQLite
import TestSupport

/// A database that `wstap` wrote.
final class OpenDatabase {
    /// The value that SQLite has in a column.
    enum Value: Hashable {
        case null
        case integer(Int64)
        case real(Double)
        case text([UInt8])
        case blob([UInt8])
    }

    struct Failure: Error {
        var message: String
    }

    private var handle: OpaquePointer?

    init(_ path: String) throws {
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else { throw failure }
    }

    deinit {
        sqlite3_close(handle)
    }

    private var failure: Failure { Failure(message: String(cString: sqlite3_errmsg(handle))) }

    /// The rows of a query.
    func rows(_ query: String) throws -> [[Value]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, query, -1, &statement, nil) == SQLITE_OK else { throw failure }
        defer { sqlite3_finalize(statement) }
        var rows: [[Value]] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: rows.append((0..<sqlite3_column_count(statement)).map { Self.value(statement, $0) })
            case SQLITE_DONE: return rows
            default: throw failure
            }
        }
    }

    /// The number that a query returns.
    func number(_ query: String) throws -> Int? {
        guard case .integer(let number) = try rows(query).first?.first else { return nil }
        return Int(number)
    }

    private static func value(_ statement: OpaquePointer?, _ column: Int32) -> Value {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
        case SQLITE_NULL: return .null
        case let type:
            let start = sqlite3_column_blob(statement, column)
            let bytes = UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
            return type == SQLITE_TEXT ? .text(Array(bytes)) : .blob(Array(bytes))
        }
    }
}

extension OpenDatabase.Value {
    /// The text, if it is one.
    var string: String? {
        guard case .text(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The bytes of a text or a blob.
    var bytes: [UInt8]? {
        switch self {
        case .text(let bytes), .blob(let bytes): bytes
        case .null, .integer, .real: nil
        }
    }
}

extension OpenDatabase {
    /// The complete data messages, as endpoints would have logged them.
    func messages() throws -> [ExpectedMessage] {
        let query = """
            SELECT sender, opcode, payload FROM message
            WHERE complete AND withheld IS NULL AND NOT truncated ORDER BY id
            """
        return try rows(query).compactMap { row in
            guard let from = row[0].string.flatMap(ExpectedMessage.Sender.init),
                let opcode = row[1].string.flatMap(ExpectedMessage.Opcode.init), let payload = row[2].bytes
            else { return nil }
            return ExpectedMessage(from: from, opcode: opcode, payload: payload)
        }
    }
}
