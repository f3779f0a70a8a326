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

extension LinkType {
    /// The link type that this system's number stands for.
    init(libpcapNumber: Int32) {
        switch libpcapNumber {
        case DLT_RAW: self = .raw
        case DLT_LOOP: self = .loop
        default: self.init(rawValue: UInt32(bitPattern: libpcapNumber))
        }
    }
}
