import CSQLite

/// A SQLite database that is written once and never seen half-written: nothing is journaled, and the first failure ends
/// it.
@safe
final class Database {
    private var handle: OpaquePointer?
    private let name: String
    private var statements: [Statement] = []
    /// The first failure; nothing is written after it.
    private(set) var failure: String?

    /// Opens an empty file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: Its name in messages.
    init(_ path: String, named name: String) {
        self.name = name
        let status = unsafe sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        if status != SQLITE_OK { fail() }
    }

    deinit {
        close()
    }

    /// Runs statements that return nothing.
    func execute(_ sql: String) {
        guard failure == nil else { return }
        if unsafe sqlite3_exec(handle, sql, nil, nil, nil) != SQLITE_OK { fail() }
    }

    /// Prepares a statement that runs many times.
    func prepare(_ sql: String) -> Statement {
        var statement: OpaquePointer?
        if failure == nil {
            let status = unsafe sqlite3_prepare_v3(
                handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
            if status != SQLITE_OK { fail() }
        }
        let prepared = unsafe Statement(statement)
        statements.append(prepared)
        return prepared
    }

    /// Runs a statement with the values bound to it.
    @inline(__always)
    func run(_ statement: Statement) {
        if !statement.run(), failure == nil { fail() }
    }

    /// Closes the file; an incomplete transaction is lost.
    func close() {
        for statement in statements { statement.finalize() }
        statements = []
        if unsafe sqlite3_close(handle) != SQLITE_OK, failure == nil { fail() }
        unsafe handle = nil
    }

    private func fail() {
        let message = unsafe handle == nil ? "out of memory" : String(cString: sqlite3_errmsg(handle))
        failure = "\(name): \(message)"
    }
}
