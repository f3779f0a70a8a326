/// A reading position in borrowed bytes; integers are read in network byte order.
///
/// Every read is checked: one that does not fit returns nil and moves nothing.
@frozen
public struct ByteCursor: ~Escapable {
    /// All the bytes, those already read included.
    public let bytes: Span<UInt8>
    @usableFromInline
    var position: Int

    /// Makes a cursor at the first of `bytes`.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        self.position = 0
    }

    /// How many bytes have been read; between 0 and `bytes.count`.
    @inlinable
    public var offset: Int { position }

    /// How many bytes are left.
    @inlinable
    public var count: Int { bytes.count &- offset }

    /// Whether nothing is left.
    @inlinable
    public var isEmpty: Bool { offset == bytes.count }

    /// What is left, not consumed.
    @inlinable
    public var rest: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(offset...) }
    }

    /// The byte `distance` ahead, not consumed; nil past the end.
    @inlinable
    public func peek(_ distance: Int = 0) -> UInt8? {
        distance < count ? bytes[offset &+ distance] : nil
    }

    /// Passes over `length` bytes (not negative), or over all that is left when there are fewer; returns how many.
    @inlinable
    @discardableResult
    @_lifetime(self: copy self)
    public mutating func skip(_ length: Int) -> Int {
        let skipped = Swift.min(length, count)
        position &+= skipped
        return skipped
    }

    /// Takes at most `length` bytes (not negative).
    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func take(atMost length: Int) -> Span<UInt8> {
        let start = position
        position &+= Swift.min(length, count)
        return bytes.extracting(start..<position)
    }

    /// Reads one byte.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readUInt8() -> UInt8? {
        guard offset < bytes.count else { return nil }
        defer { position &+= 1 }
        return bytes[offset]
    }

    /// Reads two bytes.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readUInt16() -> UInt16? {
        guard count >= 2 else { return nil }
        defer { position &+= 2 }
        return bytes.bigEndianUInt16(at: offset)
    }

    /// Reads four bytes.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readUInt32() -> UInt32? {
        guard count >= 4 else { return nil }
        defer { position &+= 4 }
        return bytes.bigEndianUInt32(at: offset)
    }
}

extension Span<UInt8> {
    /// The two bytes at `offset` in network byte order; they must be inside.
    @inlinable @inline(__always)
    public func bigEndianUInt16(at offset: Int) -> UInt16 {
        UInt16(bigEndian: integer(at: offset))
    }

    /// The four bytes at `offset` in network byte order; they must be inside.
    @inlinable @inline(__always)
    public func bigEndianUInt32(at offset: Int) -> UInt32 {
        UInt32(bigEndian: integer(at: offset))
    }

    /// The eight bytes at `offset` in network byte order; they must be inside.
    @inlinable @inline(__always)
    public func bigEndianUInt64(at offset: Int) -> UInt64 {
        UInt64(bigEndian: integer(at: offset))
    }

    /// The bytes at `offset` as they stand; they must be inside, which is checked.
    ///
    /// The load is safe, since any bytes make an integer. Read byte by byte, a packet takes half as long again.
    @inlinable @inline(__always)
    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Integer {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self)
    }
}
