/// Why a response may come without its request: the request is missing from the capture, or captured later.
struct MissingRequest {
    /// Whether an upgrade response that comes first in the capture waits for its request.
    enum EarlyAnswer {
        /// Not applicable: each response waits for its request anyway, or none is one.
        case none
        /// The first response of the connection may wait.
        case allowed
        /// One waits.
        case waits
        /// One has waited in vain: it counts without its request.
        case stands
    }

    /// The state of a response that comes first in the capture.
    var earlyAnswer: EarlyAnswer
    /// Whether the client's stream is missing from the capture, so that responses stand alone.
    private(set) var isStreamUnseen = false
    /// Whether a waiting gap holds the request to the next response.
    private(set) var isInGap = false

    /// Whether the next response counts without its request.
    var excusesNext: Bool { isStreamUnseen || isInGap }

    /// Records that the capture has nothing of the client's stream.
    mutating func giveUpStream() {
        isStreamUnseen = true
    }

    /// Records that a gap holds the request to the next response.
    mutating func assumeInGap() {
        isInGap = true
    }

    /// Records that the gap has been passed, or its response has come.
    mutating func endGap() {
        isInGap = false
    }
}
