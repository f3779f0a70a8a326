/// A growable run of bytes that formats append to and the command line drains.
///
/// It owns its bytes. Draining keeps the memory for the next round, up to ``keptCapacity``.
@safe
public struct OutputBuffer: ~Copyable, @unchecked Sendable {
    /// The most bytes of memory that an emptied buffer keeps: one long payload does not stay paid for.
    public static let keptCapacity = 4 << 20

    /// How many bytes wait to be drained.
    public private(set) var count = 0
    private var capacity: Int
    private var storage: UnsafeMutablePointer<UInt8>

    /// Makes an empty buffer with room for `capacity` bytes.
    public init(capacity: Int = 1 << 16) {
        self.capacity = max(capacity, 64)
        unsafe storage = .allocate(capacity: self.capacity)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// Whether nothing waits.
    public var isEmpty: Bool { count == 0 }

    /// Lends the waiting bytes to `body`; they are borrowed, valid only during the call.
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(Span(_unsafeStart: storage, count: count))
    }

    /// Forgets the waiting bytes; keeps at most so many bytes of memory.
    public mutating func removeAll(keeping limit: Int = keptCapacity) {
        count = 0
        guard capacity > limit else { return }
        unsafe storage.deallocate()
        capacity = limit
        unsafe storage = .allocate(capacity: capacity)
    }

    /// Forgets the waiting bytes behind the first `length`, which are not negative and not more than `count`.
    mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count)
        count = length
    }

    /// Puts another byte in the place of one that waits.
    mutating func replaceByte(at index: Int, with byte: UInt8) {
        precondition(index >= 0 && index < count)
        unsafe storage[index] = byte
    }

    /// Appends bytes as they are.
    public mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe appendBytes(from: start, count: source.count)
        }
    }

    /// Appends what waits in another buffer.
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

    /// Appends a string's UTF-8 as it is: for text known to be harmless in the format at hand.
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

    /// Appends the bytes that `write` puts at the pointer it gets, at most `length` of them; it returns how many.
    @inline(__always)
    mutating func append(atMost length: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
        reserve(length)
        let written = unsafe write(storage + count)
        precondition(written >= 0 && written <= length)
        count &+= written
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
