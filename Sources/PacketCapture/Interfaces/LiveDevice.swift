import CPcap
public import WireFormat

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An open interface that packets are captured from.
///
/// It never blocks: ``read(atMost:_:)`` returns the packets that have arrived; use poll(2) on ``descriptor`` to wait
/// for more.
@safe
public struct LiveDevice: ~Copyable {
    /// The interface's name as given.
    public let interface: String
    /// The link type of its packets.
    public let linkType: LinkType
    /// Captured bytes per packet at most.
    public let snapLength: Int
    /// libpcap's warning on opening, such as promiscuous mode being refused; nil if there is none.
    public let warning: String?
    /// A file descriptor that is readable when packets have arrived.
    public let descriptor: Int32
    /// How many packets have been read.
    public private(set) var packetCount: UInt64 = 0

    private let handle: OpaquePointer
    private let nanosecondsPerFraction: Int64
    private let name: InterfaceName
    private let names: InterfaceNames?
    private var counter = StatisticsCounter()

    /// Opens an interface and starts capturing, without a filter until ``setFilter(_:)``.
    ///
    /// If the system refuses only promiscuous mode, it captures without it, and `warning` says so.
    ///
    /// - Throws: Every kind but `badFilter` and `cannotRead`.
    public init(_ options: LiveOptions) throws(LiveError) {
        let opened = try OpenedInterface.open(options)
        interface = options.interface
        unsafe handle = opened.handle
        warning = opened.warning
        linkType = unsafe LinkType(libpcapNumber: pcap_datalink(opened.handle))
        snapLength = unsafe Int(pcap_snapshot(opened.handle))
        descriptor = unsafe pcap_get_selectable_fd(opened.handle)
        let isExact = unsafe pcap_get_tstamp_precision(opened.handle) == PCAP_TSTAMP_PRECISION_NANO
        nanosecondsPerFraction = isExact ? 1 : 1000
        names = linkType == .linuxCooked2 ? InterfaceNames() : nil
        let bytes = Array(options.interface.utf8)
        name = unsafe bytes.withUnsafeBufferPointer { unsafe InterfaceName($0) }
    }

    deinit {
        unsafe pcap_close(handle)
    }

    /// Installs a libpcap filter expression in the kernel: from now on, only matching packets are captured.
    ///
    /// - Throws: `badFilter`.
    public mutating func setFilter(_ expression: String) throws(LiveError) {
        var program = unsafe bpf_program()
        guard unsafe pcap_compile(handle, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
            throw LiveError(.badFilter, interface, detail: message, filter: expression)
        }
        defer { unsafe pcap_freecode(&program) }
        guard unsafe pcap_setfilter(handle, &program) == 0 else {
            throw LiveError(.badFilter, interface, detail: message, filter: expression)
        }
    }

    /// Reads the packets that have arrived, without waiting.
    ///
    /// - Parameters:
    ///   - limit: How many at most; 1 or more.
    ///   - body: Called with each packet, which is valid during the call; numbers continue across calls, from 1.
    /// - Returns: How many packets there were; 0 if none has arrived.
    /// - Throws: `cannotRead`.
    public mutating func read(
        atMost limit: Int, _ body: (borrowing CapturedPacket) -> Void
    ) throws(LiveError) -> Int {
        let count = withoutActuallyEscaping(body) { body in
            var lending = unsafe Lending(
                body: body, linkType: linkType, nanosecondsPerFraction: nanosecondsPerFraction, name: name,
                names: names, number: packetCount)
            defer { packetCount = unsafe lending.number }
            return unsafe withUnsafeMutablePointer(to: &lending) { pointer in
                let user = unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt8.self)
                return unsafe pcap_dispatch(handle, Int32(clamping: limit), Lending.take, user)
            }
        }
        guard count >= 0 else { throw LiveError(.cannotRead, interface, detail: message) }
        return Int(count)
    }

    /// The totals so far; the last known ones if the interface is gone.
    public mutating func statistics() -> LiveStatistics {
        var current = pcap_stat()
        if unsafe pcap_stats(handle, &current) == 0 { counter.add(current) }
        return counter.totals
    }

    /// The current time of the clock that stamps packets.
    package static var now: Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }

    /// libpcap's message on the latest error.
    private var message: String { unsafe String(cString: pcap_geterr(handle)) }
}

/// The state of libpcap's callback while packets are read.
@unsafe
private struct Lending {
    let body: (borrowing CapturedPacket) -> Void
    let linkType: LinkType
    let nanosecondsPerFraction: Int64
    let name: InterfaceName
    let names: InterfaceNames?
    var number: UInt64

    /// libpcap's callback, once per packet.
    static let take: pcap_handler = { user, header, bytes in
        guard let user = unsafe user, let header = unsafe header?.pointee, let bytes = unsafe bytes else { return }
        unsafe UnsafeMutableRawPointer(user).assumingMemoryBound(to: Lending.self).pointee.lend(header, bytes)
    }

    private mutating func lend(_ header: pcap_pkthdr, _ start: UnsafePointer<UInt8>) {
        unsafe number &+= 1
        let bytes = unsafe UnsafeBufferPointer(start: start, count: Int(header.caplen))
        let fraction = unsafe Int64(header.ts.tv_usec) &* nanosecondsPerFraction
        let record = unsafe CapturedRecord(
            time: Timestamp(nanoseconds: Int64(header.ts.tv_sec) &* 1_000_000_000 &+ fraction), linkType: linkType,
            originalLength: Int(max(header.caplen, header.len)), bytes: bytes, length: bytes.count,
            interfaceName: interfaceName(bytes), number: number)
        unsafe body(record.packet)
    }

    /// The name of the packet's interface; with "any", the packet's header has its index.
    private func interfaceName(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        guard let names = unsafe names else { return unsafe name.bytes }
        guard bytes.count >= 8 else { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
        let index = unsafe UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        return unsafe names.name(UInt32(bigEndian: index))
    }
}

/// The system's packet counts for an interface since it was opened.
public struct LiveStatistics: Hashable, Sendable {
    /// Packets that matched the filter, including those that the kernel then dropped.
    public internal(set) var received: UInt64 = 0
    /// Packets that the kernel dropped because its buffer was full.
    public internal(set) var droppedByKernel: UInt64 = 0
    /// Packets that the interface or its driver dropped, if they report it.
    public internal(set) var droppedByInterface: UInt64 = 0
}

/// Extends libpcap's counters, which have 32 bits and wrap, to 64 bits.
struct StatisticsCounter {
    private(set) var totals = LiveStatistics()
    private var latest = pcap_stat()

    /// Adds libpcap's current counters; must be called at least every 2^32 packets.
    mutating func add(_ current: pcap_stat) {
        totals.received &+= UInt64(current.ps_recv &- latest.ps_recv)
        totals.droppedByKernel &+= UInt64(current.ps_drop &- latest.ps_drop)
        totals.droppedByInterface &+= UInt64(current.ps_ifdrop &- latest.ps_ifdrop)
        latest = current
    }
}

/// The names of interfaces by index, each looked up once.
final class InterfaceNames {
    private var names: [UInt32: InterfaceName] = [:]
    /// Bounds the memory: machines with many containers keep creating interfaces.
    private static let capacity = 4096

    /// The name of the interface with an index; empty if it no longer exists.
    func name(_ index: UInt32) -> UnsafeBufferPointer<UInt8> {
        if let known = names[index] { return unsafe known.bytes }
        var text = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        let isKnown = unsafe if_indextoname(index, &text) != nil
        let name = isKnown ? text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } : []
        let found = unsafe name.withUnsafeBufferPointer { unsafe InterfaceName($0) }
        if names.count >= Self.capacity { names.removeAll() }
        names[index] = found
        return unsafe found.bytes
    }
}
