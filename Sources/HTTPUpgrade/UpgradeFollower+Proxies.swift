import WireFormat

extension UpgradeFollower {
    /// Reads on in an exchange with a SOCKS proxy.
    mutating func readProxy(
        _ step: SOCKSStep, _ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction
    ) -> Outcome? {
        guard step.isFromClient == (direction == .fromInitiator) else { return .waits }
        while let length = step.length(proxyMessage) {
            if proxyMessage.count == length {
                if step == .proxyHeader, length < SOCKSStep.shortestHeader { return leaveProxyHeader(&offset) }
                let result = step.result(proxyMessage)
                if case .broken = result { return leaveProxy(direction) }
                if case .passed = result { proxyHeader = step.addresses(proxyMessage) }
                proxyMessage = []
                return enter(result)
            }
            guard offset < bytes.count else { return nil }
            let end = min(bytes.count, offset + length - proxyMessage.count)
            if step == .proxyHeader, proxyMessage.count >= SOCKSStep.shortestHeader,
                bytes.holdsRequest(in: offset..<end)
            {
                return leaveProxy(direction)
            }
            for index in offset..<end { proxyMessage.append(bytes[index]) }
            offset = end
        }
        return leaveProxy(direction)
    }

    /// Goes back to HTTP where an exchange turns out to be none with a proxy: its bytes stand before a request.
    private mutating func leaveProxy(_ direction: Direction) -> Outcome? {
        let message = proxyMessage
        proxyMessage = []
        phase = .following
        return beginPreamble(direction, with: message.span, from: 0)
    }

    /// Goes back to HTTP where bytes stop looking like the PROXY protocol's signature, which begins with empty lines.
    private mutating func leaveProxyHeader(_ offset: inout Int) -> Outcome? {
        let message = proxyMessage
        let count = message.count
        proxyMessage = []
        // RFC 9112 2.2: empty lines before a request line are ignored.
        guard count <= SOCKSStep.emptyLineCount + 1 else {
            phase = .following
            return beginPreamble(.fromInitiator, with: message.span, from: 0)
        }
        offset -= 1
        phase = .following
        return nil
    }

    private mutating func enter(_ result: SOCKSStep.Result) -> Outcome? {
        switch result {
        case .next(let step):
            phase = .proxy(step)
            return nil
        case .connected: return beginTunnel()
        case .passed:
            phase = .following
            return nil
        case .refused: return finish(.proxy)
        case .broken: return finish(.unknown)
        }
    }

    /// Starts both streams anew after a proxy's consent.
    mutating func beginTunnel() -> Outcome? {
        if proxies < .max { proxies += 1 }
        guard proxies <= limits.proxies else { return finish(.tooManyProxies) }
        phase = .following
        // RFC 1928 3: it is the client that connects to a SOCKS proxy.
        tunnelClient = client ?? .fromInitiator
        client = nil
        isAwaitingAnswer = false
        outstanding = OutstandingRequests()
        streams = [MessageStream(), MessageStream()]
        return nil
    }
}

/// One message of the exchange with a SOCKS proxy (RFC 1928, RFC 1929, SOCKS 4 and 4a), where the ends take turns, or
/// the head of the PROXY protocol, which is never answered.
enum SOCKSStep: UInt8 {
    // Version 5: the methods offered, and the one chosen (RFC 1928 3).
    case methods, method
    // User name and password (RFC 1929 2).
    case credentials, credentialsStatus
    // RFC 1928 4 and 6.
    case request, reply
    // The head that a load balancer puts before a client's bytes, as text and in binary form (PROXY protocol 2.1, 2.2).
    case proxyLine, proxyHeader
    // Version 4: the fixed part, the user's name, 4a's host name, and the reply.
    case request4, user4, user4a, host4, reply4

    /// What a complete message leads to.
    enum Result {
        case next(SOCKSStep)
        /// Both streams start anew after it.
        case connected
        /// The client's stream begins after it.
        case passed
        /// The proxy refused, or was not asked to connect.
        case refused
        /// This is not SOCKS.
        case broken
    }

    /// What the binary form of the PROXY protocol begins with (2.2): "\r\n\r\n\0\r\nQUIT\n".
    private static let signature: [12 of UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
    /// How many bytes of it could be empty lines before a request.
    static let emptyLineCount = 4
    /// How many bytes it has without addresses.
    static let shortestHeader = 16
    /// The longest line of the PROXY protocol (2.1).
    private static let longestLine = 107
    /// The longest name in version 4, which has no length of its own.
    private static let longestName = 256

    /// Whether the end that opened the connection sends it.
    var isFromClient: Bool {
        switch self {
        case .methods, .credentials, .request, .request4, .user4, .user4a, .host4, .proxyLine, .proxyHeader: true
        case .method, .credentialsStatus, .reply, .reply4: false
        }
    }

    /// The length of the message as far as its first bytes say: it is complete with that many; nil if too long.
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

    /// The part of a complete head of the PROXY protocol that holds addresses.
    func addresses(_ message: [UInt8]) -> [UInt8] {
        self == .proxyLine ? message : Array(message.prefix(Self.shortestHeader + Self.addressLength))
    }

    /// How many bytes two addresses and ports take in the binary form, over IPv6 (2.2).
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

extension Span<UInt8> {
    /// Whether a request line begins in a range (RFC 9112 3).
    fileprivate func holdsRequest(in range: Range<Int>) -> Bool {
        guard let start = extracting(range).firstIndex(of: "GET /") else { return false }
        return RequestLine(extracting((range.lowerBound + start)...)) != nil
    }
}
