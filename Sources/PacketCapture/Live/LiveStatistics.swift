import CPcap

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
