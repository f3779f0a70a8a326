import CPcap
import WireFormat

extension LinkType {
    /// This system's number of it, which libpcap's compiler takes: systems number a few types differently.
    var libpcapNumber: Int32 {
        switch self {
        case .raw, .rawBSD, .rawOpenBSD: DLT_RAW
        case .loop: DLT_LOOP
        default: Int32(bitPattern: rawValue)
        }
    }
}
