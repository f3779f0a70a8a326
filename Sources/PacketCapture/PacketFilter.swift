import CPcap
import WireFormat

/// A libpcap filter expression, compiled for one link type; freed with its owner.
///
/// It is run by us, not by libpcap's reader: that one skips packets silently, and then their numbers are wrong.
@safe
final class PacketFilter {
    private let program: UnsafeMutablePointer<bpf_program>

    /// Compiles `expression` for packets of a link type; throws libpcap's words.
    init(_ expression: String, for linkType: LinkType) throws(FilterError) {
        guard let handle = unsafe pcap_open_dead(linkType.libpcapNumber, Int32(PcapHeader.maximumPacketLength)) else {
            throw FilterError(words: "no memory")
        }
        defer { unsafe pcap_close(handle) }
        let program = UnsafeMutablePointer<bpf_program>.allocate(capacity: 1)
        unsafe program.initialize(to: bpf_program())
        guard unsafe pcap_compile(handle, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
            unsafe program.deallocate()
            throw FilterError(words: unsafe String(cString: pcap_geterr(handle)))
        }
        unsafe self.program = program
    }

    deinit {
        unsafe pcap_freecode(program)
        unsafe program.deallocate()
    }

    /// Whether the packet is one of those asked for.
    func matches(_ record: CapturedRecord) -> Bool {
        var header = pcap_pkthdr()
        unsafe header.caplen = UInt32(clamping: record.bytes.count)
        unsafe header.len = UInt32(clamping: record.originalLength)
        return unsafe pcap_offline_filter(program, &header, record.bytes.baseAddress) != 0
    }
}

/// Why an expression could not be compiled, in libpcap's words.
struct FilterError: Error {
    let words: String
}
