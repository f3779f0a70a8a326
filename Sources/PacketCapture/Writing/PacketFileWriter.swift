public import WireFormat

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file, or a pipe, that captured packets are written to.
///
/// What ``flush()`` has written is whole records, whatever becomes of the program afterwards. Whoever opens one for a pipe
/// ignores SIGPIPE.
public struct PacketFileWriter: ~Copyable {
    /// How many packets have been taken.
    public private(set) var packetCount: UInt64 = 0

    private let descriptor: Int32
    private let format: PacketFileFormat
    private let source: PacketSource
    private var interfaces: WrittenInterfaces
    /// Whether the descriptor is the caller's.
    private let isBorrowed: Bool
    private var buffer = RecordBuffer()
    /// How many bytes of whole records are written.
    private var writtenLength: Int64 = 0
    private var firstTime: Timestamp?
    private var lastTime = Timestamp(nanoseconds: 0)
    private var hasFailed = false

    /// Bytes that wait at most before they are written: a flush of them is due.
    private static let batch = 256 << 10

    /// Makes the file at `path`, over what was there, or takes standard output where that is "-".
    ///
    /// - Throws: `cannotOpen`, and what ``flush()`` throws.
    public init(path: String, format: PacketFileFormat, source: PacketSource) throws(PacketFileError) {
        isBorrowed = path == "-"
        self.format = format
        self.source = source
        interfaces = WrittenInterfaces(first: source.interface)
        descriptor =
            path == "-" ? STDOUT_FILENO : unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .cannotOpen(Self.words(errno)) }
        switch format {
        case .pcap: buffer.appendPcapHeader(source)
        case .pcapng:
            buffer.appendSectionHeader(source)
            buffer.appendInterface(source, name: Array(source.interface.utf8))
        }
        try flush()
    }

    deinit {
        if !isBorrowed, descriptor >= 0 { close(descriptor) }
    }

    /// Whether so much waits that it should be flushed before more is taken.
    public var isFull: Bool { buffer.bytes.count >= Self.batch }

    /// Takes a packet; after a failure, it is dropped.
    public mutating func append(_ packet: borrowing CapturedPacket) {
        append(
            time: packet.time, originalLength: packet.originalLength, packet.bytes, from: packet.interfaceName)
    }

    /// Takes a packet that was kept; after a failure, it is dropped.
    public mutating func append(_ packet: HeldPacket) {
        append(
            time: packet.time, originalLength: packet.originalLength, packet.bytes.span,
            from: packet.interfaceName.span)
    }

    private mutating func append(
        time: Timestamp, originalLength: Int, _ bytes: Span<UInt8>, from interface: Span<UInt8>
    ) {
        guard !hasFailed else { return }
        packetCount &+= 1
        if firstTime == nil { firstTime = time }
        lastTime = time
        switch format {
        case .pcap: buffer.appendPcapRecord(time, originalLength: originalLength, bytes)
        case .pcapng:
            let number = interfaces.number(of: interface) { [source] name in
                buffer.appendInterface(source, name: name)
            }
            buffer.appendPacket(time, originalLength: originalLength, bytes, interface: number)
        }
    }

    /// Writes out all that waits.
    ///
    /// - Throws: `closedPipe` or `cannotWrite`, once; a file then ends behind its last whole flush.
    public mutating func flush() throws(PacketFileError) {
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
        throw .cannotWrite(Self.words(failure))
    }

    /// Writes out all that waits, and in pcapng what the interface has dropped; nothing may be taken afterwards.
    ///
    /// After a failure it still tries to end the file with these numbers, where there is room for them.
    ///
    /// - Parameter statistics: The interface's totals.
    /// - Throws: What ``flush()`` throws.
    public mutating func finish(_ statistics: LiveStatistics) throws(PacketFileError) {
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

    /// Writes bytes; returns the error number where not all of them could be.
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
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }

    private static func words(_ code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }
}

/// Where the packets of a file that is written come from.
public struct PacketSource: Sendable {
    /// The interface's name.
    public var interface: String
    /// What the first bytes of its packets are.
    public var linkType: LinkType
    /// Bytes captured of each packet at most.
    public var snapLength: Int
    /// The filter expression that the packets matched; nil where there was none.
    public var filter: String?
    /// The program that writes: its name and version.
    public var application: String

    /// Makes a description.
    public init(interface: String, linkType: LinkType, snapLength: Int, filter: String?, application: String) {
        self.interface = interface
        self.linkType = linkType
        self.snapLength = snapLength
        self.filter = filter
        self.application = application
    }
}

/// The formats that packets are written in.
public enum PacketFileFormat: Sendable {
    /// The classic one, with nanoseconds.
    case pcap
    /// The one that also tells of interfaces and what they dropped.
    case pcapng

    /// The format that a file's name asks for: pcap where it ends in ".pcap" or ".cap", else pcapng.
    public init(path: String) {
        let name = path.lowercased()
        self = name.hasSuffix(".pcap") || name.hasSuffix(".cap") ? .pcap : .pcapng
    }
}

/// Why packets cannot be written, or not any longer.
public enum PacketFileError: Error, Hashable, Sendable {
    /// The file cannot be opened; in the system's words.
    case cannotOpen(String)
    /// Nobody reads the pipe any more.
    case closedPipe
    /// Nothing more can be written; in the system's words.
    case cannotWrite(String)
}
