import CPcap

/// A libpcap filter expression, compiled for one file's link type.
///
/// It is run by us, not by libpcap's reader: that one skips packets silently, and then their numbers are wrong.
@safe
struct PacketFilter: ~Copyable {
    private let program: UnsafeMutablePointer<bpf_program>

    /// Compiles `expression` for the file `name`; throws `badFilter`.
    init(_ expression: String, for handle: OpaquePointer, name: String) throws(CaptureError) {
        let program = UnsafeMutablePointer<bpf_program>.allocate(capacity: 1)
        unsafe program.initialize(to: bpf_program())
        guard unsafe pcap_compile(handle, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
            unsafe program.deallocate()
            let message = unsafe String(cString: pcap_geterr(handle))
            throw CaptureError(.badFilter, name: name, detail: message, filter: expression)
        }
        unsafe self.program = program
    }

    deinit {
        unsafe pcap_freecode(program)
        unsafe program.deallocate()
    }

    /// Whether the packet is one of those asked for.
    func matches(_ header: UnsafePointer<pcap_pkthdr>, _ bytes: UnsafePointer<UInt8>) -> Bool {
        unsafe pcap_offline_filter(program, header, bytes) != 0
    }
}
