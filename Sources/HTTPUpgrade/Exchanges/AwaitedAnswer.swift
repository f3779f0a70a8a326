/// What the client's latest request waits for: the response that decides what both streams become.
struct AwaitedAnswer {
    /// The upgrade request without an answer so far.
    private(set) var request: HTTPRequest?
    /// Whether the client's stream must wait at the next message boundary, since the answer may change what it is.
    private(set) var holdsClient = false
    /// Whether a gap may hide the answer to an upgrade request: the streams may already be frames.
    private(set) var mayBeInGap = false

    /// Expects the answer to the latest request; `changesStreams` is ``RequestTraits/changesStreams``.
    mutating func expect(changesStreams: Bool) {
        holdsClient = changesStreams
    }

    /// Expects the answer to an upgrade request.
    mutating func expect(answerTo request: HTTPRequest) {
        self.request = request
        holdsClient = true
    }

    /// Records lost bytes, of the stream that would bring the answer or of the client's.
    mutating func lose(fromServer: Bool) {
        if request == nil {
            holdsClient = false
        } else if fromServer {
            mayBeInGap = true
        }
    }

    /// Lets the client's stream go on.
    mutating func releaseClient() {
        holdsClient = false
    }

    /// Records that the upgrade was answered, or never will be.
    mutating func settle() {
        self = AwaitedAnswer()
    }

    /// Forgets only the request, which is reported elsewhere.
    mutating func forgetRequest() {
        request = nil
    }
}
