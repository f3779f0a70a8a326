import WireFormat

/// One message of the exchange with a SOCKS proxy (RFC 1928, RFC 1929, SOCKS 4 and 4a), in which the ends take turns,
/// or the PROXY protocol header, which is never answered.
enum SOCKSStep: UInt8 {
    // Version 5: the methods offered, and the one chosen (RFC 1928 3).
    case methods, method
    // User name and password (RFC 1929 2).
    case credentials, credentialsStatus
    // RFC 1928 4 and 6.
    case request, reply
    // The header that a load balancer puts before a client's bytes, as text and in binary form (PROXY protocol 2.1,
    // 2.2).
    case proxyLine, proxyHeader
    // Version 4: the fixed part, the user's name, 4a's host name, and the reply.
    case request4, user4, user4a, host4, reply4

    /// What a complete message leads to.
    enum Result {
        case next(SOCKSStep)
        /// Both streams start over after it.
        case connected
        /// The client's stream begins after it.
        case passed
        /// The proxy refused, or was not asked to connect.
        case refused
        /// This is not SOCKS.
        case broken
    }

    /// The beginning of the binary form of the PROXY protocol (2.2): "\r\n\r\n\0\r\nQUIT\n".
    private static let signature: [12 of UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
    /// How many of its bytes may be empty lines before a request.
    static let emptyLineCount = 4
    /// Its length without addresses.
    static let shortestHeader = 16
    /// The longest line of the PROXY protocol (2.1).
    private static let longestLine = 107
    /// The longest name in version 4, which has no length of its own.
    private static let longestName = 256

    /// Whether the end that opened the connection sends this message.
    var isFromClient: Bool {
        switch self {
        case .methods, .credentials, .request, .request4, .user4, .user4a, .host4, .proxyLine, .proxyHeader: true
        case .method, .credentialsStatus, .reply, .reply4: false
        }
    }

    /// The length of the message as far as its first bytes say: the message is complete with that many; nil if it is
    /// too long.
    func length(_ message: [UInt8]) -> Int? {
        let count = message.count
        switch self {
        case .methods:
            return count < 2 ? 2 : 2 + Int(message[1])
        case .method, .credentialsStatus:
            return 2
        case .credentials:
            guard count >= 2 else { return 2 }
            let user = 3 + Int(message[1])
            return count < user ? user : user + Int(message[user - 1])
        case .request, .reply:
            // Every form of address has at least five bytes.
            guard count >= 5 else { return 5 }
            return switch message[3] {
            case 1: 10
            case 3: 7 + Int(message[4])
            case 4: 22
            default: nil
            }
        case .proxyLine:
            guard message.last != UInt8(ascii: "\n") else { return count }
            return count < Self.longestLine ? count + 1 : nil
        case .proxyHeader:
            let expected = Self.signature.count
            for index in 0..<min(count, expected) where message[index] != Self.signature[index] { return count }
            if count < expected { return count + 1 }
            return count < Self.shortestHeader
                ? Self.shortestHeader : Self.shortestHeader + Int(message[14]) << 8 + Int(message[15])
        case .request4, .reply4:
            return 8
        case .user4, .user4a, .host4:
            guard message.last != 0 else { return count }
            return count < Self.longestName && message.last != UInt8(ascii: "\n") ? count + 1 : nil
        }
    }

    /// The part of a complete PROXY protocol header that holds addresses.
    func addresses(_ message: [UInt8]) -> [UInt8] {
        self == .proxyLine ? message : Array(message.prefix(Self.shortestHeader + Self.addressLength))
    }

    /// The length of two IPv6 addresses and ports in the binary form (2.2).
    private static let addressLength = 36

    /// What the complete message leads to.
    func result(_ message: [UInt8]) -> Result {
        switch self {
        case .proxyHeader: return .passed
        case .proxyLine: return beginsRequest(message) ? .broken : .passed
        case .methods: return message[1] > 0 && !beginsRequest(message) ? .next(.method) : .broken
        case .method:
            guard message[0] == 5 else { return .broken }
            return switch message[1] {
            case 0: .next(.request)
            case 2: .next(.credentials)
            default: .refused
            }
        case .credentials:
            return message[0] == 1 ? .next(.credentialsStatus) : .broken
        case .credentialsStatus:
            return message[1] == 0 ? .next(.request) : .refused
        case .request:
            guard message[0] == 5 else { return .broken }
            return message[1] == 1 ? .next(.reply) : .refused
        case .reply:
            guard message[0] == 5 else { return .broken }
            return message[1] == 0 ? .connected : .refused
        case .request4:
            guard message[1] == 1, !beginsRequest(message) else { return message[1] == 2 ? .refused : .broken }
            // SOCKS 4a: the address 0.0.0.x with x not zero says that a host name follows.
            let hasHost = message[4] == 0 && message[5] == 0 && message[6] == 0 && message[7] != 0
            return .next(hasHost ? .user4a : .user4)
        case .user4a:
            return .next(.host4)
        case .user4, .host4:
            return .next(.reply4)
        case .reply4:
            guard message[0] == 0 else { return .broken }
            return message[1] == 90 ? .connected : .refused
        }
    }

    /// Whether a request begins inside what was taken for a message to a proxy.
    private func beginsRequest(_ message: [UInt8]) -> Bool { message.span.firstIndex(of: "GET /") != nil }
}
