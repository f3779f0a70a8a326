package import WireFormat

extension TLSReader {
    /// What ``openFirst(of:from:into:)`` has decrypted.
    package struct OpenedRecord {
        /// The bytes of the record, its header included.
        package let size: Int
        /// The bytes of plaintext.
        package let count: Int
    }

    /// Optional fast path; same result as ``receive(_:at:into:)``.
    ///
    /// Decrypts the record that begins with the bytes, if it is whole, holds data of the application, and nothing but
    /// keys that are in use already is needed for it.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of a stream.
    ///   - direction: The stream.
    ///   - room: Gets the plaintext at its beginning; of at least ``RecordHeader/longest`` bytes.
    /// - Returns: What was decrypted; nil if nothing has changed.
    package mutating func openFirst(
        of bytes: Span<UInt8>, from direction: Direction, into room: inout MutableSpan<UInt8>
    ) -> OpenedRecord? {
        let index = direction.index
        guard !isOver, agreement == nil, let header = RecordHeader(bytes), header.type == .applicationData,
            bytes.count &- RecordHeader.size >= header.length, sides[index].needsNothing
        else { return nil }
        let size = RecordHeader.size &+ header.length
        let payload = bytes.extracting(RecordHeader.size..<size)
        guard let count = sides[index].openData(header, payload, bench, into: &room) else { return nil }
        return OpenedRecord(size: size, count: count)
    }

    /// Optional fast path; same result as ``receive(_:at:into:)``.
    ///
    /// Keeps bytes from the middle of a record, if more of it is to come and nothing else depends on them: as with most
    /// segments of long records.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of a stream.
    ///   - direction: The stream.
    /// - Returns: By how much ``cost`` has grown; nil if nothing has changed.
    package mutating func gatherMore(_ bytes: Span<UInt8>, from direction: Direction) -> Int? {
        let index = direction.index
        guard !isOver, agreement == nil, sides[index].rare == nil, sides[index].obstacle == nil else { return nil }
        return sides[index].partial?.gatherMore(bytes)
    }
}

extension TLSReader.Side {
    /// Whether records are decrypted by the current keys, one by one.
    var needsNothing: Bool {
        protection?.cipher.mode != .cbc && partial == nil && rare == nil && expected == nil && obstacle == nil
            && !isHeld
    }

    /// Decrypts a record with data of the application.
    ///
    /// - Returns: The bytes of plaintext; nil if it is no such record, and nothing has changed.
    mutating func openData(
        _ header: RecordHeader, _ payload: Span<UInt8>, _ bench: CipherBench, into room: inout MutableSpan<UInt8>
    ) -> Int? {
        guard let opened = protection?.openInPlace(header, payload, bench, into: &room),
            opened.type == .applicationData
        else { return nil }
        protection?.sequence &+= 1
        protection?.learnCounter(payload)
        trust()
        if opened.count > 0 { hasPlaintext = true }
        return opened.count
    }
}
