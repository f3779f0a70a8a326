extension UpgradeFollower {
    /// How far one call got, and what it found there.
    public struct Step: Sendable {
        /// How many of the bytes have been read.
        public var consumed: Int
        /// What stands right behind them.
        public var outcome: Outcome

        /// Makes a step.
        init(consumed: Int, outcome: Outcome) {
            self.consumed = consumed
            self.outcome = outcome
        }
    }

    /// What a step ended in.
    public enum Outcome: Sendable {
        /// All bytes were read; there is nothing to tell.
        case consumed
        /// What is left cannot be understood before the other stream has moved: keep it, and offer it again then.
        case waits
        /// The head of an upgrade request is complete: `pendingRequest` holds it.
        case requested
        /// An upgrade request was answered, or will never be.
        case answered(UpgradeAnswer)
        /// There is nothing to follow any more.
        case finished(Ending)
    }

    /// Why there is nothing to follow any more.
    public enum Ending: Hashable, Sendable {
        /// Both streams are WebSocket frames: the server's right behind the answer, the client's right behind the
        /// request.
        case webSocket
        /// TLS.
        case tls
        /// HTTP/2, by its preface (RFC 9113 3.4).
        case http2
        /// A 101 to something that is not WebSocket as RFC 6455 has it: h2c, TLS, a draft before version 7.
        case otherUpgrade
        /// A SOCKS proxy that refused, or was asked for something else than to connect.
        case proxy
        /// Proxies behind one another beyond `Limits.proxies`.
        case tooManyProxies
        /// A head beyond `Limits.head`.
        case oversizedHead
        /// HTTP/1 exchanges that stopped being HTTP, or a message whose end cannot be told (RFC 9112 6.3).
        case brokenHTTP
        /// First bytes of no known kind, or a wait that was given up.
        case unknown
    }
}
