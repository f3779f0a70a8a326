/// A position in borrowed bytes; reads integers in network byte order.
///
/// Every read is checked: one beyond the end returns nil and does not move the cursor.
@frozen
public struct ByteCursor: ~Escapable {
    /// All the bytes, including those already read.
    public let bytes: Span<UInt8>
    @usableFromInline
    var position: Int

    /// Creates a cursor at the first of `bytes`.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        self.position = 0
    }

    /// How many bytes have been read, from 0 to `bytes.count`.
    @inlinable
    public var offset: Int { position }

    /// How many bytes are left.
    @inlinable
    public var count: Int { bytes.count &- offset }

    /// Whether no bytes are left.
    @inlinable
    public var isEmpty: Bool { offset == bytes.count }

    /// The bytes left, not consumed.
    @inlinable
    public var rest: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(offset...) }
    }

    /// The byte `distance` ahead, not consumed; nil past the end.
    @inlinable
    public func peek(_ distance: Int = 0) -> UInt8? {
        distance < count ? bytes[offset &+ distance] : nil
    }

    /// Skips `length` bytes (not negative), or all that are left if there are fewer; returns how many.
    @inlinable
    @discardableResult
    @_lifetime(self: copy self)
    public mutating func skip(_ length: Int) -> Int {
        let skipped = Swift.min(length, count)
        position &+= skipped
        return skipped
    }

    /// Reads at most `length` bytes (not negative).
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
        return UInt16(bigEndian: bytes.integer(at: offset))
    }

    /// Reads four bytes.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readUInt32() -> UInt32? {
        guard count >= 4 else { return nil }
        defer { position &+= 4 }
        return UInt32(bigEndian: bytes.integer(at: offset))
    }
}

extension Span<UInt8> {
    /// The 16-bit integer at `offset` in network byte order; traps beyond the end.
    @inlinable @inline(__always)
    package func bigEndianUInt16(at offset: Int) -> UInt16 {
        UInt16(bigEndian: integer(at: offset))
    }

    /// The 32-bit integer at `offset` in network byte order; traps beyond the end.
    @inlinable @inline(__always)
    package func bigEndianUInt32(at offset: Int) -> UInt32 {
        UInt32(bigEndian: integer(at: offset))
    }

    /// The 64-bit integer at `offset`, lowest byte first; traps beyond the end.
    @inlinable @inline(__always)
    package func littleEndianUInt64(at offset: Int) -> UInt64 {
        UInt64(littleEndian: integer(at: offset))
    }

    /// The 64-bit integer at `offset` in network byte order; traps beyond the end.
    @inlinable @inline(__always)
    package func bigEndianUInt64(at offset: Int) -> UInt64 {
        UInt64(bigEndian: integer(at: offset))
    }

    /// The integer at `offset` in host byte order; traps beyond the end.
    ///
    /// The load is safe, since any bytes are a valid integer. With byte-by-byte loads, a packet takes half as long
    /// again.
    @inlinable @inline(__always)
    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Integer {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self)
    }
}
