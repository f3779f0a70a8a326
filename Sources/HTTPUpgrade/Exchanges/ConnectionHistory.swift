import WireFormat

/// What a connection has shown so far: it only grows.
struct ConnectionHistory {
    /// How often the latest path was asked for in a row.
    private var polls = RepeatedRequests()
    /// What the HTTP exchanges were like.
    private(set) var traffic: HTTPTraffic = []
    /// Whether a request was answered, so that nothing but HTTP may stand before an answer any more.
    private(set) var hasAnswer = false
    /// Whether the responder began with a byte that begins no request, while it was open what it answers.
    private(set) var hasUnaskedByte = false
    /// Whether a stream has brought a byte, by direction.
    private var bytes: [2 of Bool] = [false, false]
    /// Whether a stream's first head was searched for after something else, by direction.
    private var preambles: [2 of Bool] = [false, false]

    /// Whether a stream has brought a byte.
    func hasBytes(_ direction: Direction) -> Bool { bytes[direction.index] }

    /// Whether a stream's first head was searched for after something else.
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

    mutating func recordUnaskedByte() {
        hasUnaskedByte = true
    }

    /// Records what a request says of the traffic.
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

    /// Records what a response says of the traffic.
    mutating func record(_ facts: HeadFacts) {
        traffic.insert(.exchanges)
        if facts.isEventStream { traffic.insert(.eventStream) }
    }
}
