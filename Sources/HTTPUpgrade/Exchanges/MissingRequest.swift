/// Why a response may come without its request: the capture lacks that, or holds it later.
struct MissingRequest {
    /// Whether a response to an upgrade that stands first in the capture waits for its request.
    enum EarlyAnswer {
        /// None may: each waits for its request anyway, or none is one.
        case none
        /// The first response of the connection may.
        case allowed
        /// One does.
        case waits
        /// One has, and no request came: it counts without one.
        case stands
    }

    /// What becomes of a response that stands first in the capture.
    var earlyAnswer: EarlyAnswer
    /// Whether the capture lacks the client's stream, so that responses stand alone.
    private(set) var isStreamUnseen = false
    /// Whether a gap that waits holds the request to the next response.
    private(set) var isInGap = false

    /// Whether the next response counts without its request.
    var excusesNext: Bool { isStreamUnseen || isInGap }

    /// The capture has nothing of the client's stream.
    mutating func giveUpStream() {
        isStreamUnseen = true
    }

    /// The request to the next response is in a gap.
    mutating func assumeInGap() {
        isInGap = true
    }

    /// The gap has been passed, or its response has come.
    mutating func endGap() {
        isInGap = false
    }
}
