package import WireFormat

/// What the hellos of a connection said, and what is missing to decrypt it.
package struct TLSFacts: Sendable {
    // In 14 bytes, since 100,000 connections may be open.

    private var texts = Texts.none
    private var versionNumber: UInt16 = 0
    private var suiteCode: UInt16 = 0
    private var applicationProtocol = CommonProtocol.none
    private var flags = Flags()

    /// What needs memory of its own.
    private enum Texts: Sendable {
        case none
        /// The name of the server alone, which connections share.
        case name(ServerName)
        /// What few connections have, once keys are agreed on.
        case more(More)
    }

    private final class More: Sendable {
        let name: ServerName?
        let selectedProtocol: String?
        let offeredProtocols: [String]
        let fatalAlert: (alert: TLSAlert, from: Direction)?
        /// The bytes that it takes, itself and the name included.
        let cost: Int

        init(
            _ name: ServerName?, _ selected: String?, offered: [String],
            _ fatalAlert: (alert: TLSAlert, from: Direction)?
        ) {
            self.name = name
            selectedProtocol = selected
            offeredProtocols = offered
            self.fatalAlert = fatalAlert
            let strings = offered.reduce(selected.map(TLSFacts.cost) ?? 0) {
                $0 &+ MemoryLayout<String>.stride &+ TLSFacts.cost(of: $1)
            }
            cost = 128 &+ strings &+ (name?.cost ?? 0)
        }

    }

    private var name: ServerName? {
        switch texts {
        case .none: nil
        case .name(let name): name
        case .more(let more): more.name
        }
    }

    private var more: More? {
        if case .more(let more) = texts { more } else { nil }
    }

    private mutating func setTexts(
        _ name: ServerName?, _ selected: String?, offered: [String],
        _ fatalAlert: (alert: TLSAlert, from: Direction)?
    ) {
        if selected == nil, offered.isEmpty, fatalAlert == nil {
            texts = name.map { .name($0) } ?? .none
        } else {
            texts = .more(More(name, selected, offered: offered, fatalAlert))
        }
    }

    /// The bytes that it takes beside itself.
    var cost: Int {
        switch texts {
        case .none: 0
        case .name(let name): name.cost
        case .more(let more): more.cost
        }
    }

    /// What a string takes beside itself.
    private static func cost(of text: String) -> Int { text.utf8.count > 15 ? text.utf8.count &+ 48 : 0 }

    /// The server that the client asked for.
    package var serverName: String? { name?.text }

    /// Records the server that the client asked for.
    ///
    /// - Parameters:
    ///   - name: Its name; nil if the client named none.
    ///   - bench: What shares names between connections.
    mutating func setServerName(_ name: String?, sharedBy bench: CipherBench) {
        setTexts(
            name.map { bench.names.share($0) }, more?.selectedProtocol, offered: offeredProtocols, fatalAlert)
    }

    /// The application protocols that nearly all servers choose.
    private enum CommonProtocol: UInt8 {
        case none
        case http1
        case http2

        init?(_ name: String?) {
            switch name {
            case nil: self = .none
            case "http/1.1"?: self = .http1
            case "h2"?: self = .http2
            default: return nil
            }
        }

        var name: String? {
            switch self {
            case .none: nil
            case .http1: "http/1.1"
            case .http2: "h2"
            }
        }
    }

    private struct Flags: OptionSet {
        let rawValue: UInt8

        static let hasVersion = Flags(rawValue: 1)
        static let hasSuite = Flags(rawValue: 2)
        static let isResumed = Flags(rawValue: 4)
        static let hasEncryptedHello = Flags(rawValue: 8)

        subscript(flag: Flags) -> Bool {
            get { contains(flag) }
            set { if newValue { insert(flag) } else { remove(flag) } }
        }
    }

    /// The version that the server chose; nil before its hello.
    package internal(set) var version: TLSVersion? {
        get { flags[.hasVersion] ? TLSVersion(rawValue: versionNumber) : nil }
        set {
            versionNumber = newValue?.rawValue ?? 0
            flags[.hasVersion] = newValue != nil
        }
    }

    /// The cipher suite that the server chose.
    package internal(set) var suite: CipherSuite? {
        get { flags[.hasSuite] ? CipherSuite(suiteCode) : nil }
        set {
            suiteCode = newValue?.code ?? 0
            flags[.hasSuite] = newValue != nil
        }
    }

    /// The application protocol that the server chose.
    package internal(set) var selectedProtocol: String? {
        get { more?.selectedProtocol ?? applicationProtocol.name }
        set {
            applicationProtocol = CommonProtocol(newValue) ?? .none
            let other = CommonProtocol(newValue) == nil ? newValue : nil
            setTexts(name, other, offered: offeredProtocols, fatalAlert)
        }
    }

    /// The application protocols that the client offered, the first few: in TLS 1.3 the choice is encrypted.
    package internal(set) var offeredProtocols: [String] {
        get { more?.offeredProtocols ?? [] }
        set { setTexts(name, more?.selectedProtocol, offered: newValue, fatalAlert) }
    }

    /// The first alert that ended the connection and was not encrypted, or was decrypted, and who sent it.
    package internal(set) var fatalAlert: (alert: TLSAlert, from: Direction)? {
        get { more?.fatalAlert }
        set { setTexts(name, more?.selectedProtocol, offered: offeredProtocols, newValue) }
    }

    /// Whether an earlier session was resumed.
    package internal(set) var isResumed: Bool {
        get { flags[.isResumed] }
        set { flags[.isResumed] = newValue }
    }

    /// Whether the true ClientHello may be encrypted (ECH).
    package internal(set) var hasEncryptedHello: Bool {
        get { flags[.hasEncryptedHello] }
        set { flags[.hasEncryptedHello] = newValue }
    }

    /// Why nothing of a direction, or of a connection, can be decrypted.
    package enum Obstacle: UInt8, Sendable {
        /// There are no secrets at all.
        case noKeyLog
        /// There are secrets, but none of this connection.
        case noSecret
        /// The secrets of this connection do not fit.
        case wrongSecret
        /// A cipher, a version or a compression that is not decrypted here.
        case unsupported
        /// It renegotiated.
        case renegotiation
        /// Its handshake is not in the capture, and the key log's secrets do not fit or cannot be tried.
        case noHandshake
        /// It ended before there was something to decrypt, or is none.
        case incomplete
    }
}

/// What a connection came to, for when its reader is gone.
package struct TLSOutcome: Sendable {
    /// What the hellos said.
    package let facts: TLSFacts
    /// The direction of the client; nil if that was not seen.
    package let client: Direction?
    /// The random of the ClientHello.
    package let clientRandom: Random?
    /// What kept the connection from being decrypted; nil if records of it were.
    package let obstacle: TLSFacts.Obstacle?
    /// Whether both directions have their secrets, as far as is known.
    package let isDecrypted: Bool
    /// Whether the connection began before the capture.
    package let beginsMidstream: Bool

    /// Whether it is TLS for certain: a hello was read.
    package var hasHello: Bool { clientRandom != nil || facts.version != nil }
}

extension TLSReader {
    /// What the connection came to up to now.
    package var outcome: TLSOutcome {
        TLSOutcome(
            facts: facts, client: client, clientRandom: clientRandom, obstacle: obstacle, isDecrypted: isDecrypted,
            beginsMidstream: beginsMidstream)
    }
}
