import WireFormat

/// An exchange with a SOCKS proxy, or a PROXY protocol header: the message being read, and the bytes that it has so
/// far.
struct ProxyExchange {
    /// The state of a message.
    enum Progress {
        /// More of it is to come.
        case incomplete
        /// It is complete; the next one is read.
        case advanced
        /// The proxy has granted a tunnel.
        case connected
        /// The PROXY protocol header has ended; this part of it holds the addresses.
        case passed(header: [UInt8])
        /// The proxy refused, or was not asked to connect.
        case refused
        /// This is no such exchange; these bytes were read.
        case notProxy([UInt8])
        /// This is no such exchange, but except for its last byte it may have been empty lines before a request (RFC
        /// 9112 2.2).
        case emptyLines
    }

    /// The bytes of the incomplete message.
    private var message: [UInt8]
    private var step: SOCKSStep

    /// Begins with a message of which `bytes` were already read.
    init(_ step: SOCKSStep, with bytes: [UInt8] = []) {
        self.step = step
        message = bytes
    }

    /// The most bytes that it takes besides its own.
    var cost: Int { 2 &* message.count }

    /// Whether this stream carries the message; if not, it waits.
    func isRead(from direction: Direction) -> Bool { step.isFromClient == (direction == .fromInitiator) }

    /// Reads on in `bytes` from `offset`, which moves to the end of the message or of the bytes.
    mutating func read(_ bytes: Span<UInt8>, from offset: inout Int) -> Progress {
        while let length = step.length(message) {
            if message.count == length { return complete() }
            guard offset < bytes.count else { return .incomplete }
            let end = min(bytes.count, offset + length - message.count)
            if step == .proxyHeader, message.count >= SOCKSStep.shortestHeader, bytes.holdsRequest(in: offset..<end) {
                return .notProxy(message)
            }
            for index in offset..<end { message.append(bytes[index]) }
            offset = end
        }
        return .notProxy(message)
    }

    /// What the message leads to, once it has the length that its first bytes give.
    private mutating func complete() -> Progress {
        if step == .proxyHeader, message.count < SOCKSStep.shortestHeader {
            // The signature, which begins with empty lines, breaks off here.
            return message.count <= SOCKSStep.emptyLineCount + 1 ? .emptyLines : .notProxy(message)
        }
        switch step.result(message) {
        case .next(let step):
            self = ProxyExchange(step)
            return .advanced
        case .connected: return .connected
        case .passed: return .passed(header: step.addresses(message))
        case .refused: return .refused
        case .broken: return .notProxy(message)
        }
    }
}

extension Span<UInt8> {
    /// Whether a request line begins in a range (RFC 9112 3).
    fileprivate func holdsRequest(in range: Range<Int>) -> Bool {
        guard let start = extracting(range).firstIndex(of: "GET /") else { return false }
        return RequestLine(extracting((range.lowerBound + start)...)) != nil
    }
}
