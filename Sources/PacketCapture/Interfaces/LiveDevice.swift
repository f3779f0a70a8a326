import CPcap
public import WireFormat

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An interface that packets are captured from, as they come.
///
/// It never waits: ``read(atMost:_:)`` hands on what is here, and ``descriptor`` tells poll(2) when there is more.
@safe
public struct LiveDevice: ~Copyable {
    /// The interface's name as it was given.
    public let interface: String
    /// What the first bytes of its packets are.
    public let linkType: LinkType
    /// Bytes captured of each packet at most.
    public let snapLength: Int
    /// What libpcap had to say beside that all is well, in its words; nil where it had nothing.
    public let warning: String?
    /// Readable when packets are here.
    public let descriptor: Int32
    /// How many packets have been read.
    public private(set) var packetCount: UInt64 = 0

    private let handle: OpaquePointer
    private let nanosecondsPerFraction: Int64
    private let name: InterfaceName
    private let names: InterfaceNames?
    private var counter = StatisticsCounter()

    /// Opens an interface and begins to capture; without a filter, until ``setFilter(_:)``.
    ///
    /// Where the system refuses promiscuous mode alone, it captures without, and `warning` says so.
    ///
    /// - Throws: All kinds but `badFilter` and `cannotRead`.
    public init(_ options: LiveOptions) throws(LiveError) {
        let opening = try Opening.open(options)
        interface = options.interface
        unsafe handle = opening.handle
        warning = opening.warning
        linkType = unsafe LinkType(libpcapNumber: pcap_datalink(opening.handle))
        snapLength = unsafe Int(pcap_snapshot(opening.handle))
        descriptor = unsafe pcap_get_selectable_fd(opening.handle)
        let isExact = unsafe pcap_get_tstamp_precision(opening.handle) == PCAP_TSTAMP_PRECISION_NANO
        nanosecondsPerFraction = isExact ? 1 : 1000
        names = linkType == .linuxCooked2 ? InterfaceNames() : nil
        let bytes = Array(options.interface.utf8)
        name = unsafe bytes.withUnsafeBufferPointer { unsafe InterfaceName($0) }
    }

    deinit {
        unsafe pcap_close(handle)
    }

    /// Has the kernel hand on only what a filter expression matches, from now on.
    ///
    /// - Throws: `badFilter`.
    public mutating func setFilter(_ expression: String) throws(LiveError) {
        var program = unsafe bpf_program()
        guard unsafe pcap_compile(handle, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
            throw LiveError(.badFilter, interface, detail: words)
        }
        defer { unsafe pcap_freecode(&program) }
        guard unsafe pcap_setfilter(handle, &program) == 0 else {
            throw LiveError(.badFilter, interface, detail: words)
        }
    }

    /// Hands on the packets that are here, each for its call.
    ///
    /// - Parameters:
    ///   - limit: How many at most; 1 or more.
    ///   - body: Takes a packet; numbers go on from call to call, from 1.
    /// - Returns: How many there were; 0 where none is here.
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
        guard count >= 0 else { throw LiveError(.cannotRead, interface, detail: words) }
        return Int(count)
    }

    /// The totals up to now; the last known ones where the interface is gone.
    public mutating func statistics() -> LiveStatistics {
        var current = pcap_stat()
        if unsafe pcap_stats(handle, &current) == 0 { counter.note(current) }
        return counter.totals
    }

    private var words: String { unsafe String(cString: pcap_geterr(handle)) }
}

/// What libpcap's callback needs to make packets of what it gets.
@unsafe
private struct Lending {
    let body: (borrowing CapturedPacket) -> Void
    let linkType: LinkType
    let nanosecondsPerFraction: Int64
    let name: InterfaceName
    let names: InterfaceNames?
    var number: UInt64

    /// Takes a packet from libpcap.
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

    /// The name of the interface that a packet came from: of "any", the packet's header holds its number.
    private func interfaceName(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        guard let names = unsafe names else { return unsafe name.bytes }
        guard bytes.count >= 8 else { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
        let index = unsafe UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        return unsafe names.name(UInt32(bigEndian: index))
    }
}

/// What became of the packets of an interface since it was opened, as the system counts them.
public struct LiveStatistics: Hashable, Sendable {
    /// Packets that came and that the filter matched, those included that the kernel dropped then.
    public internal(set) var received: UInt64 = 0
    /// Packets that the kernel dropped since its buffer was full.
    public internal(set) var droppedByKernel: UInt64 = 0
    /// Packets that the interface or its driver dropped, as far as they tell.
    public internal(set) var droppedByInterface: UInt64 = 0
}

/// Makes totals of 64 bits of libpcap's, which have 32 and wrap.
struct StatisticsCounter {
    private(set) var totals = LiveStatistics()
    private var latest = pcap_stat()

    /// Takes what libpcap says; at least once in 2^32 packets.
    mutating func note(_ current: pcap_stat) {
        totals.received &+= UInt64(current.ps_recv &- latest.ps_recv)
        totals.droppedByKernel &+= UInt64(current.ps_drop &- latest.ps_drop)
        totals.droppedByInterface &+= UInt64(current.ps_ifdrop &- latest.ps_ifdrop)
        latest = current
    }
}

/// The names of the interfaces that the packets of "any" came from, each looked up once.
final class InterfaceNames {
    private var names: [UInt32: InterfaceName] = [:]
    /// More have no place in memory at once: machines with many containers make new ones all the time.
    private static let capacity = 4096

    /// The name of an interface by its number; empty where it has none any more.
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
