import CPcap
import WireFormat

/// A libpcap filter expression, compiled for one link type; freed with its owner.
///
/// libpcap's reader does not run it: it would skip packets silently, and packet numbers would be wrong.
@safe
final class PacketFilter {
    private let program: UnsafeMutablePointer<bpf_program>

    /// Compiles `expression` for packets of a link type; throws libpcap's message.
    init(_ expression: String, for linkType: LinkType) throws(FilterError) {
        guard let handle = unsafe pcap_open_dead(linkType.libpcapNumber, Int32(PcapReader.maximumPacketLength)) else {
            throw FilterError(message: "no memory")
        }
        defer { unsafe pcap_close(handle) }
        let program = UnsafeMutablePointer<bpf_program>.allocate(capacity: 1)
        unsafe program.initialize(to: bpf_program())
        guard unsafe pcap_compile(handle, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
            unsafe program.deallocate()
            throw FilterError(message: unsafe String(cString: pcap_geterr(handle)))
        }
        unsafe self.program = program
    }

    deinit {
        unsafe pcap_freecode(program)
        unsafe program.deallocate()
    }

    /// Whether the expression matches the packet.
    func matches(_ record: CapturedRecord) -> Bool {
        var header = pcap_pkthdr()
        unsafe header.caplen = UInt32(clamping: record.bytes.count)
        unsafe header.len = UInt32(clamping: record.originalLength)
        return unsafe pcap_offline_filter(program, &header, record.bytes.baseAddress) != 0
    }
}

/// Why an expression could not be compiled.
struct FilterError: Error {
    /// libpcap's message.
    let message: String
}

/// A filter expression for packets of any link type, compiled once per link type seen.
///
/// Packets whose link type the expression does not apply to do not match: in a file with Ethernet and raw IP, "ether
/// host …" finds packets on Ethernet.
struct FilterSet {
    private let expression: String
    private var filters: [LinkType: PacketFilter?] = [:]
    /// The link type of the latest packet, and its filter.
    private var latest: (linkType: LinkType, filter: PacketFilter?)

    /// Compiles `expression` for the first link type of a file.
    ///
    /// - Parameters:
    ///   - expression: The user's expression.
    ///   - linkType: The first link type of the file.
    ///   - isOnly: Whether all packets have this link type; if not, an expression that compiles for Ethernet is
    ///     accepted too.
    /// - Throws: libpcap's message if the expression is wrong or does not apply to the link type.
    init(_ expression: String, for linkType: LinkType, isOnly: Bool) throws(FilterError) {
        self.expression = expression
        do throws(FilterError) {
            latest = (linkType, try PacketFilter(expression, for: linkType))
        } catch {
            guard !isOnly, (try? PacketFilter(expression, for: .ethernet)) != nil else { throw error }
            latest = (linkType, nil)
        }
        filters[linkType] = .some(latest.filter)
    }

    /// Whether the expression matches the packet.
    mutating func matches(_ record: CapturedRecord) -> Bool {
        if unsafe record.linkType != latest.linkType { unsafe change(to: record.linkType) }
        guard let filter = latest.filter else { return false }
        return unsafe filter.matches(record)
    }

    private mutating func change(to linkType: LinkType) {
        let filter = filters[linkType] ?? (try? PacketFilter(expression, for: linkType))
        filters[linkType] = .some(filter)
        latest = (linkType, filter)
    }
}

extension LinkType {
    /// This system's libpcap number (DLT_…): a few differ between systems.
    var libpcapNumber: Int32 {
        switch self {
        case .raw, .rawBSD, .rawOpenBSD: DLT_RAW
        case .loop: DLT_LOOP
        default: Int32(bitPattern: rawValue)
        }
    }
}

extension LinkType {
    /// The link type of a number of this system's libpcap.
    init(libpcapNumber: Int32) {
        switch libpcapNumber {
        case DLT_RAW: self = .raw
        case DLT_LOOP: self = .loop
        default: self.init(rawValue: UInt32(bitPattern: libpcapNumber))
        }
    }
}
