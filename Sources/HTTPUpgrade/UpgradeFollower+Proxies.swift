import WireFormat

extension UpgradeFollower {
    /// Reads on in an exchange with a SOCKS proxy.
    mutating func readProxy(
        _ step: SOCKSStep, _ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction
    ) -> Outcome? {
        guard step.isFromClient == (direction == .fromInitiator) else { return .waits }
        while let length = step.length(proxyMessage) {
            if proxyMessage.count == length {
                let result = step.result(proxyMessage)
                proxyMessage = []
                return enter(result)
            }
            guard offset < bytes.count else { return nil }
            let end = min(bytes.count, offset + length - proxyMessage.count)
            for index in offset..<end { proxyMessage.append(bytes[index]) }
            offset = end
        }
        return finish(.unknown)
    }

    private mutating func enter(_ result: SOCKSStep.Result) -> Outcome? {
        switch result {
        case .next(let step):
            phase = .proxy(step)
            return nil
        case .connected: return beginTunnel()
        case .refused: return finish(.proxy)
        case .broken: return finish(.unknown)
        }
    }

    /// Starts both streams anew after a proxy's consent.
    mutating func beginTunnel() -> Outcome? {
        proxies += 1
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

/// One message of the exchange with a SOCKS proxy (RFC 1928, RFC 1929, SOCKS 4 and 4a); the ends take turns.
enum SOCKSStep: UInt8 {
    // Version 5: the methods offered, and the one chosen (RFC 1928 3).
    case methods, method
    // User name and password (RFC 1929 2).
    case credentials, credentialsStatus
    // RFC 1928 4 and 6.
    case request, reply
    // Version 4: the fixed part, the user's name, 4a's host name, and the reply.
    case request4, user4, user4a, host4, reply4

    /// What a complete message leads to.
    enum Result {
        case next(SOCKSStep)
        /// Both streams start anew after it.
        case connected
        /// The proxy refused, or was not asked to connect.
        case refused
        /// This is not SOCKS.
        case broken
    }

    /// The longest name in version 4, which has no length of its own.
    private static let longestName = 256

    /// Whether the end that opened the connection sends it.
    var isFromClient: Bool {
        switch self {
        case .methods, .credentials, .request, .request4, .user4, .user4a, .host4: true
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
        case .request4, .reply4:
            return 8
        case .user4, .user4a, .host4:
            guard message.last != 0 else { return count }
            return count < Self.longestName ? count + 1 : nil
        }
    }

    /// What the complete message leads to.
    func result(_ message: [UInt8]) -> Result {
        switch self {
        case .methods:
            return message[1] > 0 ? .next(.method) : .broken
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
            guard message[1] == 1 else { return message[1] == 2 ? .refused : .broken }
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
}
