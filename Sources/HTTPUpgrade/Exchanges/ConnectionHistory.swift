import WireFormat

/// What a connection has shown so far: facts are only added.
struct ConnectionHistory {
    /// Repeated requests for the latest path.
    private var polls = RepeatedRequests()
    /// What the HTTP exchanges were like.
    private(set) var traffic: HTTPTraffic = []
    /// Whether a request was answered, so that only HTTP may precede an answer from here on.
    private(set) var hasAnswer = false
    /// Whether the responder's bytes had to wait for what the initiator begins with: then it is not the client,
    /// whatever its bytes look like.
    private(set) var hasResponderWaited = false
    /// Whether a stream has brought a byte, by direction.
    private var bytes: [2 of Bool] = [false, false]
    /// Whether a stream's first head was searched for after other bytes, by direction.
    private var preambles: [2 of Bool] = [false, false]

    /// Whether a stream has brought a byte.
    func hasBytes(_ direction: Direction) -> Bool { bytes[direction.index] }

    /// Whether a stream's first head was searched for after other bytes.
    func hasPreamble(_ direction: Direction) -> Bool { preambles[direction.index] }

    mutating func recordBytes(_ direction: Direction) {
        bytes[direction.index] = true
    }

    mutating func recordPreamble(_ direction: Direction) {
        preambles[direction.index] = true
    }

    mutating func recordAnswer() {
        hasAnswer = true
    }

    mutating func recordResponderWait() {
        hasResponderWaited = true
    }

    /// Records what a request shows about the traffic.
    ///
    /// - Returns: Whether it polls.
    @discardableResult
    mutating func record(_ line: RequestLine, in head: Span<UInt8>) -> Bool {
        traffic.insert(.exchanges)
        guard HTTPTraffic.isPolling(target: line.target, in: head) || polls.isPolling(line, in: head) else {
            return false
        }
        traffic.insert(.polling)
        return true
    }

    /// Records what a response shows about the traffic.
    mutating func record(_ facts: HeadFacts) {
        traffic.insert(.exchanges)
        if facts.isEventStream { traffic.insert(.eventStream) }
    }
}
