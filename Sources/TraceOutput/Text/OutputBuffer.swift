/// A growable buffer that formats append to and the command line drains.
///
/// It owns its bytes. Draining keeps the memory for the next round, up to ``keptCapacity``.
@safe
package struct OutputBuffer: ~Copyable, @unchecked Sendable {
    /// The most memory that an emptied buffer keeps, in bytes, so that one long payload does not hold memory forever.
    package static let keptCapacity = 4 << 20

    /// The number of bytes to drain.
    package private(set) var count = 0
    /// Takes bytes while a line is still being printed; nil if the buffer must keep them.
    package var drain: (@Sendable (Span<UInt8>) -> Void)?
    private(set) var capacity: Int
    private var storage: UnsafeMutablePointer<UInt8>

    /// Creates an empty buffer with room for `capacity` bytes.
    package init(capacity: Int = 1 << 16) {
        self.capacity = max(capacity, 64)
        unsafe storage = .allocate(capacity: self.capacity)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// Whether there is nothing to drain.
    package var isEmpty: Bool { count == 0 }

    /// Lends the bytes to `body`, for the duration of the call.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(Span(_unsafeStart: storage, count: count))
    }

    /// Removes all bytes; keeps at most `limit` bytes of memory.
    package mutating func removeAll(keeping limit: Int = keptCapacity) {
        count = 0
        guard capacity > limit else { return }
        unsafe storage.deallocate()
        capacity = limit
        unsafe storage = .allocate(capacity: capacity)
    }

    /// Drains the buffer if it is large and ``drain`` is set: for payloads of any length.
    mutating func drainIfLarge() {
        guard count >= Self.keptCapacity / 4, let drain else { return }
        withBytes { drain($0) }
        count = 0
    }

    /// Removes all bytes after the first `length`, which must be between 0 and `count`.
    mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count)
        count = length
    }

    /// The number of line breaks in the buffer.
    var lineCount: Int {
        withBytes { bytes in
            var count = 0
            for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") { count &+= 1 }
            return count
        }
    }

    /// Replaces the byte at `index`.
    mutating func replaceByte(at index: Int, with byte: UInt8) {
        precondition(index >= 0 && index < count)
        unsafe storage[index] = byte
    }

    /// Appends bytes as they are.
    package mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe appendBytes(from: start, count: source.count)
        }
    }

    /// Appends the bytes of another buffer.
    mutating func append(contentsOf other: borrowing OutputBuffer) {
        unsafe appendBytes(from: other.storage, count: other.count)
    }

    /// Appends one byte.
    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe storage[count] = byte
        count &+= 1
    }

    /// Appends the program's own text.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        unsafe appendBytes(from: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// Appends a string's UTF-8 unescaped: only for text known to be safe in the format.
    @inline(__always)
    mutating func append(verbatim text: borrowing String) {
        append(text.utf8.span)
    }

    /// Appends `count` times the same byte.
    mutating func append(repeating byte: UInt8, count length: Int) {
        guard length > 0 else { return }
        reserve(length)
        unsafe (storage + count).update(repeating: byte, count: length)
        count &+= length
    }

    /// Appends the bytes that `write` stores at its pointer, at most `length` of them; it returns how many.
    @inline(__always) @discardableResult
    package mutating func append(atMost length: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) -> Int {
        reserve(length)
        let written = unsafe write(storage + count)
        precondition(written >= 0 && written <= length)
        count &+= written
        return written
    }

    @inline(__always)
    private mutating func appendBytes(from start: UnsafePointer<UInt8>, count length: Int) {
        reserve(length)
        unsafe (storage + count).update(from: start, count: length)
        count &+= length
    }

    @inline(__always)
    private mutating func reserve(_ length: Int) {
        if length > capacity &- count {
            grow(by: length)
        }
    }

    @inline(never)
    private mutating func grow(by length: Int) {
        let larger = max(capacity * 2, count + length)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        unsafe moved.update(from: storage, count: count)
        unsafe storage.deallocate()
        unsafe storage = moved
        capacity = larger
    }
}
