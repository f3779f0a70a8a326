package import WireFormat

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Writes captured packets to a file or pipe.
///
/// ``flush()`` writes whole records only, so that a killed program leaves a readable file. A program that writes to a
/// pipe must ignore SIGPIPE.
package struct PacketFileWriter: ~Copyable {
    /// How many packets have been appended.
    package internal(set) var packetCount: UInt64 = 0

    let descriptor: Int32
    private let format: PacketFileFormat
    /// The interface of a live capture; nil if packets may come from any.
    private let source: PacketSource?
    private var interfaces: WrittenInterfaces
    /// Whether the caller closes the descriptor.
    private let isBorrowed: Bool
    private var buffer = RecordBuffer()
    /// How many bytes of whole records have been written.
    var writtenLength: Int64 = 0
    private var firstTime: Timestamp?
    private var lastTime = Timestamp(nanoseconds: 0)
    var hasFailed = false

    /// The number of buffered bytes at which a flush is due.
    private let bufferLength: Int
    private static let usualBufferLength = 256 << 10

    /// Writes to an open, empty file, which is closed at the end, or to standard output for nil.
    ///
    /// - Throws: What ``flush()`` throws.
    package init(descriptor: Int32?, format: PacketFileFormat, source: PacketSource) throws(PacketFileError) {
        isBorrowed = descriptor == nil
        bufferLength = Self.usualBufferLength
        self.format = format
        self.source = source
        interfaces = WrittenInterfaces(first: source.interface, source.linkType)
        self.descriptor = descriptor ?? STDOUT_FILENO
        switch format {
        case .pcap: buffer.appendPcapHeader(source)
        case .pcapng:
            buffer.appendSectionHeader(application: source.application, comment: nil)
            buffer.appendInterface(source, name: Array(source.interface.utf8))
        }
        try flush()
    }

    /// Writes pcapng with packets of any interfaces and link types to an empty file, which the caller closes.
    ///
    /// - Parameters:
    ///   - descriptor: The file.
    ///   - application: The name and version of the writing program.
    ///   - comment: A comment on the section.
    ///   - bufferLength: The number of buffered bytes at which a flush is due; nil for the default.
    /// - Throws: What ``flush()`` throws.
    package init(
        borrowing descriptor: Int32, application: String, comment: String?, bufferLength: Int? = nil
    ) throws(PacketFileError) {
        isBorrowed = true
        self.bufferLength = bufferLength ?? Self.usualBufferLength
        buffer.reserve(self.bufferLength)
        format = .pcapng
        source = nil
        interfaces = WrittenInterfaces()
        self.descriptor = descriptor
        buffer.appendSectionHeader(application: application, comment: comment)
        try flush()
    }

    /// Replaces the section's comment by one of the same length, once all packets are written.
    ///
    /// - Throws: `cannotWrite`.
    package mutating func replace(comment: String) throws(PacketFileError) {
        var text = comment
        let failure = text.withUTF8 { text -> Int32? in
            let count = unsafe pwrite(descriptor, text.baseAddress, text.count, off_t(RecordBuffer.commentOffset))
            return count == text.count ? nil : errno
        }
        if let failure { throw .cannotWrite(Self.message(failure)) }
    }

    deinit {
        if !isBorrowed, descriptor >= 0 { close(descriptor) }
    }

    /// Whether enough is buffered for a flush.
    package var isFull: Bool { buffer.bytes.count >= bufferLength }

    /// Appends secrets (draft-ietf-opsawg-pcapng 4.7), for the packets that follow; after a failure, drops them.
    package mutating func append(_ secrets: CaptureSecrets) {
        guard !hasFailed, format == .pcapng else { return }
        buffer.append(secrets)
    }

    /// Appends a packet; after a failure, drops it.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - note: Options for its block; only for pcapng.
    package mutating func append(_ packet: borrowing CapturedPacket, note: PacketNote = PacketNote()) {
        append(
            time: packet.time, packet.linkType, originalLength: packet.originalLength, packet.bytes,
            from: packet.interfaceName, note)
    }

    /// Appends a held packet; after a failure, drops it.
    package mutating func append(_ packet: HeldPacket, note: PacketNote = PacketNote()) {
        append(
            time: packet.time, packet.linkType, originalLength: packet.originalLength, packet.bytes.span,
            from: packet.interfaceName.span, note)
    }

    /// Appends secrets that decrypt packets; in pcap, which has no place for them, and after a failure, drops them.
    ///
    /// - Parameter keyLog: Lines of a TLS key log (RFC 9850).
    package mutating func append(keyLog: [UInt8]) {
        guard !keyLog.isEmpty else { return }
        append(CaptureSecrets(type: CaptureSecrets.keyLog, bytes: keyLog))
    }

    private mutating func append(
        time: Timestamp, _ linkType: LinkType, originalLength: Int, _ bytes: Span<UInt8>,
        from interface: Span<UInt8>, _ note: PacketNote
    ) {
        guard !hasFailed else { return }
        packetCount &+= 1
        if firstTime == nil { firstTime = time }
        lastTime = time
        switch format {
        case .pcap: buffer.appendPcapRecord(time, originalLength: originalLength, bytes)
        case .pcapng:
            let number = interfaces.number(of: interface, source?.linkType ?? linkType) { [source] name in
                if let source {
                    buffer.appendInterface(source, name: name)
                } else {
                    buffer.appendInterface(linkType, snapLength: 0, filter: nil, name: name)
                }
            }
            if let place = note.number, note.comment == nil, note.options == nil {
                buffer.appendPacket(
                    time, originalLength: originalLength, bytes, interface: number, number: place, of: note.connection)
            } else {
                buffer.appendPacket(time, originalLength: originalLength, bytes, interface: number, note)
            }
        }
    }

    /// Writes everything that is buffered.
    ///
    /// - Throws: `closedPipe` or `cannotWrite`, once; the file then ends after the last complete flush.
    package mutating func flush() throws(PacketFileError) {
        guard !hasFailed, !buffer.bytes.isEmpty else { return }
        let failure = unsafe buffer.bytes.withUnsafeBytes { unsafe Self.write($0, to: descriptor) }
        let length = Int64(buffer.bytes.count)
        buffer.removeAll()
        guard let failure else {
            writtenLength &+= length
            return
        }
        hasFailed = true
        if ftruncate(descriptor, off_t(writtenLength)) == 0 { lseek(descriptor, off_t(writtenLength), SEEK_SET) }
        if failure == EPIPE { throw .closedPipe }
        throw .cannotWrite(Self.message(failure))
    }

    /// Writes everything that is buffered and, in pcapng, the interface's statistics.
    ///
    /// Nothing may be appended afterwards.
    ///
    /// After a failure it still tries to add the statistics, in case there is room.
    ///
    /// - Parameter statistics: The interface's totals.
    /// - Throws: What ``flush()`` throws.
    package mutating func finish(_ statistics: LiveStatistics) throws(PacketFileError) {
        if !hasFailed { try flush() }
        if format == .pcapng {
            buffer.appendStatistics(statistics, from: firstTime ?? lastTime, to: lastTime, taken: packetCount)
        }
        let isLate = hasFailed
        hasFailed = false
        do throws(PacketFileError) {
            try flush()
        } catch {
            guard isLate else { throw error }
        }
        hasFailed = true
    }

    /// Writes all bytes; returns the error number if that fails.
    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        var written = 0
        while written < bytes.count {
            let start = unsafe bytes.baseAddress.map { unsafe $0 + written }
            let length = bytes.count &- written
            #if canImport(Darwin)
                let count = unsafe Darwin.write(descriptor, start, length)
            #elseif canImport(Musl)
                let count = unsafe Musl.write(descriptor, start, length)
            #else
                let count = unsafe Glibc.write(descriptor, start, length)
            #endif
            if count >= 0 {
                written &+= count
            } else if errno == EAGAIN {
                Readiness.waitToWrite(descriptor)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }

    static func message(_ code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }
}
