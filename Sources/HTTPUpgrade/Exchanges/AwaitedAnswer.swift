/// What the client's latest request waits for: the response that decides what both streams are from here on.
struct AwaitedAnswer {
    /// The upgrade request without an answer so far.
    private(set) var request: UpgradeRequest?
    /// Whether the client's stream must wait, once between messages, since the answer may change what it is.
    private(set) var holdsClient = false
    /// Whether a gap may have swallowed the answer to an upgrade request: the streams may be frames already.
    private(set) var mayBeInGap = false

    /// Expects the answer to the latest request; `changesStreams` is ``RequestTraits/changesStreams``.
    mutating func expect(changesStreams: Bool) {
        holdsClient = changesStreams
    }

    /// Expects the answer to an upgrade request.
    mutating func expect(answerTo request: UpgradeRequest) {
        self.request = request
        holdsClient = true
    }

    /// Bytes are lost, of the stream that would bring the answer or of the client's.
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

    /// The upgrade was answered, or never will be.
    mutating func settle() {
        self = AwaitedAnswer()
    }

    /// Forgets the request, and nothing else: it is reported elsewhere.
    mutating func forgetRequest() {
        request = nil
    }
}
