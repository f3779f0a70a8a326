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

    /// This system's number of it, which libpcap's compiler takes.
    var libpcapNumber: Int32 {
        switch self {
        case .raw, .rawBSD, .rawOpenBSD: DLT_RAW
        case .loop: DLT_LOOP
        default: Int32(bitPattern: rawValue)
        }
    }
}
