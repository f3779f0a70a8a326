import CSQLite

/// A prepared statement: values are bound from left to right, then it is run.
///
/// Bytes and literals are not copied: they must stay in place until the statement has run.
@safe
final class Statement {
    private var handle: OpaquePointer?
    private var place: Int32 = 0
    /// A bit for each of the first 64 parameters that has been null since an earlier row.
    private var nulls: UInt64 = 0

    init(_ handle: OpaquePointer?) {
        unsafe self.handle = handle
    }

    /// Runs it, and forgets its values; false if that failed.
    func run() -> Bool {
        place = 0
        let status = unsafe sqlite3_step(handle)
        unsafe sqlite3_reset(handle)
        return status == SQLITE_DONE
    }

    func finalize() {
        unsafe sqlite3_finalize(handle)
        unsafe handle = nil
    }

    @inline(__always)
    func bind(_ value: Int64) {
        unsafe sqlite3_bind_int64(handle, nextPlace(), value)
    }

    @inline(__always)
    func bind(_ value: Int64?) {
        if let value { bind(value) } else { bindNull() }
    }

    /// Binds a count; one that SQLite cannot hold becomes the largest.
    @inline(__always)
    func bind(_ value: UInt64) {
        bind(Int64(clamping: value))
    }

    @inline(__always)
    func bind(_ value: UInt64?) {
        if let value { bind(value) } else { bindNull() }
    }

    @inline(__always)
    func bind(_ value: Bool) {
        bind(value ? Int64(1) : 0)
    }

    func bind(_ value: Bool?) {
        if let value { bind(value) } else { bindNull() }
    }

    @inline(__always)
    func bindNull() {
        place &+= 1
        let bit: UInt64 = 1 << UInt64(place)
        guard nulls & bit == 0 else { return }
        nulls |= bit
        unsafe sqlite3_bind_null(handle, place)
    }

    /// The index of the next parameter, which gets a value.
    @inline(__always)
    private func nextPlace() -> Int32 {
        place &+= 1
        nulls &= ~(1 << UInt64(place))
        return place
    }

    /// Binds a string literal of the program.
    @inline(__always)
    func bind(word: StaticString) {
        let place = nextPlace()
        unsafe word.utf8Start.withMemoryRebound(to: CChar.self, capacity: word.utf8CodeUnitCount) {
            _ = unsafe sqlite3_bind_text(handle, place, $0, Int32(word.utf8CodeUnitCount), nil)
        }
    }

    /// Binds a copy of a text.
    func bind(_ text: String?) {
        guard let text else { return bindNull() }
        let place = nextPlace()
        let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        _ = unsafe sqlite3_bind_text64(
            handle, place, text, UInt64(text.utf8.count), copied, UInt8(SQLITE_UTF8))
    }

    /// Binds borrowed bytes as text (which must be UTF-8) or as a blob.
    @inline(__always)
    func bind(_ bytes: Span<UInt8>, isText: Bool) {
        guard !bytes.isEmpty else {
            if isText { return bind(word: "") }
            unsafe sqlite3_bind_zeroblob(handle, nextPlace(), 0)
            return
        }
        let place = nextPlace()
        unsafe bytes.withUnsafeBytes { bytes in
            let start = bytes.baseAddress
            if isText {
                let text = unsafe start?.assumingMemoryBound(to: CChar.self)
                _ = unsafe sqlite3_bind_text64(handle, place, text, UInt64(bytes.count), nil, UInt8(SQLITE_UTF8))
            } else {
                _ = unsafe sqlite3_bind_blob64(handle, place, start, UInt64(bytes.count), nil)
            }
        }
    }
}
