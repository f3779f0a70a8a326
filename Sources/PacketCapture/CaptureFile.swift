import CPcap
public import WireFormat

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// One capture file (pcap, or pcapng with a single link type), or standard input, read packet by packet.
@safe
public struct CaptureFile: ~Copyable {
    /// The name as it was given; "-" is standard input.
    public let name: String
    /// What the first bytes of its packets are.
    public let linkType: LinkType
    /// How many packets have been read, those that the filter left out included.
    public private(set) var packetCount: UInt64 = 0

    private let format: FileFormat
    private let filter: PacketFilter?
    private let input: BufferedInput
    private let handle: OpaquePointer
    private var isFinished = false
    private var capturedBytes: UInt64 = 0

    /// Opens the file at `path`, or standard input where that is "-", and reads its header.
    ///
    /// - Parameters:
    ///   - filter: A libpcap filter expression; only packets that it matches are handed on.
    /// - Throws: All kinds but `repeatedStandardInput`, without a packet number.
    public init(path: String, filter: String? = nil) throws(CaptureError) {
        try self.init(path: path, filter: filter, bufferSize: Self.bufferSize)
    }

    /// libpcap reads fastest with about this many bytes at a time.
    static let bufferSize = 256 * 1024

    init(path: String, filter: String?, bufferSize: Int) throws(CaptureError) {
        var input = try BufferedInput(path: path, bufferSize: bufferSize)
        let magic = input.peekMagic()
        let format = FileFormat(magic: magic)
        switch format {
        case .pcap, .modifiedPcap, .pcapng: break
        case .compressed(let method): throw CaptureError(.compressed, name: path, detail: method)
        case .unknown where input.hasFailed:
            throw CaptureError(.cannotRead, name: path, detail: BufferedInput.systemMessage(errno))
        case .unknown: throw CaptureError(magic.isEmpty ? .empty : .notCapture, name: path)
        }
        let handle = try unsafe input.openCapture(name: path)
        do throws(CaptureError) {
            self.filter = if let filter { try unsafe PacketFilter(filter, for: handle, name: path) } else { nil }
        } catch {
            unsafe pcap_close(handle)
            throw error
        }
        self.name = path
        self.format = format
        self.input = input
        unsafe self.handle = handle
        linkType = unsafe LinkType(libpcap: pcap_datalink(handle))
    }

    deinit {
        unsafe pcap_close(handle)
    }

    /// Whether packets may come while they are read (a pipe, a FIFO, a socket, a terminal), so that what they lead to
    /// should be written at once.
    public var isLive: Bool { input.isLive }

    /// The size of a regular file in bytes; nil of anything else.
    public var byteCount: UInt64? { input.byteCount }

    /// How many bytes have been read, for a progress line: the place in a regular file, else the packets' own bytes.
    public var bytesRead: UInt64 { byteCount == nil ? capturedBytes : input.position }

    /// Reads the next packet that the filter matches; nil at the end.
    ///
    /// The packet borrows libpcap's buffer until it is last used.
    ///
    /// - Throws: `cutShort`, `damaged` or `cannotRead`, once; then the file is at its end.
    @_lifetime(&self)
    public mutating func next() throws(CaptureError) -> CapturedPacket? {
        while let record = try unsafe read() {
            if unsafe record.isWanted {
                let packet = unsafe record.packet(number: packetCount)
                return unsafe _overrideLifetime(packet, mutating: &self)
            }
        }
        return nil
    }

    /// Reads the next packet, whatever the filter says; nil at the end.
    ///
    /// Inlined, so that the record stays in registers: without, reading costs a tenth more.
    @inline(__always)
    mutating func read() throws(CaptureError) -> CapturedRecord? {
        guard !isFinished else { return nil }
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var bytes: UnsafePointer<UInt8>?
        let status = unsafe pcap_next_ex(handle, &header, &bytes)
        guard status == 1, let header = unsafe header, let bytes = unsafe bytes else {
            try finish(status, errno)
            return nil
        }
        let length = unsafe Int(header.pointee.caplen)
        packetCount &+= 1
        capturedBytes &+= UInt64(length)
        return unsafe CapturedRecord(
            time: time(header.pointee.ts), linkType: linkType, originalLength: max(length, Int(header.pointee.len)),
            bytes: UnsafeBufferPointer(start: bytes, count: length), isWanted: matches(header, bytes))
    }

    private func time(_ time: timeval) -> Timestamp {
        // pcap has unsigned 32-bit seconds, which libpcap extends by sign in one byte order and not in the other.
        let seconds = format == .pcapng ? Int64(time.tv_sec) : Int64(UInt32(truncatingIfNeeded: time.tv_sec))
        return Timestamp(seconds: seconds, nanoseconds: Int64(time.tv_usec))
    }

    private func matches(_ header: UnsafePointer<pcap_pkthdr>, _ bytes: UnsafePointer<UInt8>) -> Bool {
        switch filter {
        case .some(let filter): unsafe filter.matches(header, bytes)
        case nil: true
        }
    }

    /// Ends the reading; throws where libpcap's answer was an error.
    private mutating func finish(_ status: Int32, _ code: Int32) throws(CaptureError) {
        isFinished = true
        guard status == PCAP_ERROR_BREAK else { throw error(code) }
    }

    /// What kept libpcap from reading the packet after `packetCount`.
    private func error(_ code: Int32) -> CaptureError {
        let number = packetCount &+ 1
        if input.hasFailed {
            return CaptureError(
                .cannotRead, name: name, packetNumber: number, detail: BufferedInput.systemMessage(code))
        }
        if input.isAtEnd {
            return CaptureError(.cutShort, name: name, packetNumber: number, fileOffset: byteCount)
        }
        return CaptureError(
            .damaged, name: name, packetNumber: number, fileOffset: damagedOffset,
            detail: unsafe String(cString: pcap_geterr(handle)))
    }

    /// Where the record starts whose header libpcap has read and refused; in pcapng, where it stopped.
    private var damagedOffset: UInt64? {
        let headerSize = format.recordHeaderSize
        if byteCount != nil {
            return input.position &- (headerSize ?? 0)
        }
        return headerSize.map { 24 &+ packetCount &* $0 &+ capturedBytes }
    }
}

extension Timestamp {
    /// The moment `nanoseconds` after `seconds`, clamped to 64 bits.
    init(seconds: Int64, nanoseconds: Int64) {
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = whole.addingReportingOverflow(nanoseconds)
        self.init(nanoseconds: overflow || carry ? (seconds < 0 ? .min : .max) : sum)
    }
}
