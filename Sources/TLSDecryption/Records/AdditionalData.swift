/// What a record's tag or HMAC authenticates beside its bytes: at most 16 bytes.
struct AdditionalData {
    private let block: Block
    private let count: Int

    /// The header as it was sent (TLS 1.3, RFC 8446 5.2).
    init(_ header: RecordHeader) {
        block = Block(bits: Self.bits(header, header.length) << 88)
        count = RecordHeader.size
    }

    /// The record's number, and a header with the length of the plaintext (TLS 1.2 and before, RFC 5246 6.2.3).
    init(_ header: RecordHeader, sequence: UInt64, plaintextLength: Int) {
        block = Block(bits: UInt128(sequence) << 64 | Self.bits(header, plaintextLength) << 24)
        count = 8 + RecordHeader.size
    }

    /// A header's five bytes, with a length.
    private static func bits(_ header: RecordHeader, _ length: Int) -> UInt128 {
        UInt128(header.type.rawValue) << 32 | UInt128(header.version) << 16
            | UInt128(UInt16(truncatingIfNeeded: length))
    }

    var span: Span<UInt8> {
        @_lifetime(borrow self) @inline(__always) get { block.span.extracting(first: count) }
    }
}
