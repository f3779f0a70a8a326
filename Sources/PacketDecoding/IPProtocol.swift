/// The protocol numbers that can stand between IP and TCP (IANA, Protocol Numbers).
enum IPProtocol {
    static let hopByHopOptions: UInt8 = 0
    static let tcp: UInt8 = 6
    static let routing: UInt8 = 43
    static let fragment: UInt8 = 44
    static let authenticationHeader: UInt8 = 51
    static let destinationOptions: UInt8 = 60
    static let mobility: UInt8 = 135
    static let hostIdentity: UInt8 = 139
    static let shim6: UInt8 = 140
}
