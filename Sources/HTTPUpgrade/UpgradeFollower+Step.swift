extension UpgradeFollower {
    /// How far one call got, and what it found.
    package struct Step: Sendable {
        /// The number of bytes read.
        package var consumed: Int
        /// What stopped it there.
        package var outcome: Outcome
    }

    /// What stopped a step.
    package enum Outcome: Sendable {
        /// All bytes were read; there is nothing to report.
        case consumed
        /// The rest cannot be understood before the other stream has moved: keep it, and offer it again then.
        case waits
        /// The head of an upgrade request is complete: `pendingRequest` holds it.
        case requested
        /// An upgrade request was answered, or never will be.
        case answered(UpgradeAnswer)
        /// The head of a plain request is complete; it may be reported with its response.
        case watched
        /// That request polls and was answered, or its response begins an event stream.
        case exchanged(PlainExchange)
        /// There is nothing left to follow.
        case finished(Ending)
    }

    /// Why there is nothing left to follow.
    package enum Ending: Hashable, Sendable {
        /// Both streams are WebSocket frames: the server's right after the answer, the client's right after the
        /// request.
        case webSocket
        /// TLS.
        case tls
        /// HTTP/2, by its preface (RFC 9113 3.4).
        case http2
        /// 101 to something other than WebSocket as in RFC 6455: h2c, TLS, a draft before version 7.
        case otherUpgrade
        /// A SOCKS proxy that refused, or was not asked to connect.
        case proxy
        /// A chain of proxies longer than `Limits.proxies`.
        case tooManyProxies
        /// A head longer than `Limits.head`.
        case oversizedHead
        /// HTTP/1 that stopped being HTTP, or a message whose end cannot be found (RFC 9112 6.3).
        case brokenHTTP
        /// The first bytes are of no known protocol, or a stream waited too long.
        case unknown

        /// Whether another protocol follows: the next byte of each stream is its own, after those that
        /// ``takeHandover(of:)`` returns.
        package var isHandedOver: Bool {
            switch self {
            case .webSocket, .tls, .http2, .otherUpgrade: true
            case .proxy, .tooManyProxies, .oversizedHead, .brokenHTTP, .unknown: false
            }
        }
    }
}
