import CPcap
import WireFormat

extension LinkType {
    /// The registered number for what `pcap_datalink` answers: libpcap renumbers, for this system, the few types that
    /// systems have numbered differently.
    init(libpcap number: Int32) {
        self =
            switch number {
            case DLT_RAW: .raw
            case DLT_LOOP: .loop
            default: LinkType(rawValue: UInt32(bitPattern: number))
            }
    }
}
