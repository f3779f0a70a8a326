public import PacketDecoding

/// A session that a capture contains several times: on both sides of a proxy, or of a device that translates addresses
/// (NAT).
public struct ProxiedSession: Hashable, Sendable {
    /// The numbers of its connections, in the order of their upgrade requests.
    public var connections: [UInt64]
    /// The proxy that ended it, acting as the server of one leg and the client of the next; nil if none did.
    public var endedBy: Endpoint?
    /// Whether only addresses were translated: all legs are the same TCP connection, with the same sequence numbers.
    public var isTranslated: Bool

    /// Creates a session with these connections.
    public init(connections: [UInt64], endedBy: Endpoint? = nil, isTranslated: Bool = false) {
        self.connections = connections
        self.endedBy = endedBy
        self.isTranslated = isTranslated
    }
}

/// Finds the legs of sessions that proxies forwarded.
///
/// A proxy forwards Sec-WebSocket-Key. Keys are random (RFC 6455 4.1), but not those of every client: so legs must also
/// have different servers or, if only addresses were translated, the same initial sequence numbers; and each request
/// must have been sent while the other waited for its response.
struct ProxyLegs: Sendable {
    /// The facts by which upgrades are compared.
    struct Leg: Sendable {
        /// The value of Sec-WebSocket-Key.
        var key: String
        /// The end that answered.
        var server: Endpoint
        /// The initial sequence numbers of both ends; 0 if one is not known.
        var sequences: UInt64
        /// The packet that completed the request.
        var requestPacket: UInt64
        /// The packet that completed the response; nil if there was none.
        var responsePacket: UInt64?
    }

    /// A session that may get further legs.
    private struct Candidate {
        var latest: (leg: Leg, connection: UInt64)
        /// All of its legs, in the order of their requests, if there are several: most keys have one.
        var legs: [(leg: Leg, connection: UInt64)] = []
        /// Its index among the sessions found.
        var session: Int?

        /// Whether another leg may belong to the same session.
        func fits(_ leg: Leg, _ connection: UInt64) -> Bool {
            guard legs.count < ProxyLegs.legLimit, latest.connection != connection else { return false }
            return ProxyLegs.areOne(latest.leg, leg)
                && legs.allSatisfy { $0.connection != connection && ProxyLegs.areOne($0.leg, leg) }
        }
    }

    /// The latest sessions with a key.
    private struct Known {
        var first: Candidate
        /// Further sessions, in the order of their first responses: those of clients whose keys are not random.
        var others: [Candidate] = []
    }

    /// A session with several legs.
    private struct Followed {
        /// Its legs, in the order of their requests.
        var legs: [(leg: Leg, connection: UInt64)]
        /// The end that ended each leg whose end was seen.
        var enders: [UInt64: SessionEnd.Verdict.Party] = [:]

        var session: ProxiedSession {
            let isTranslated = legs.dropFirst().allSatisfy { ProxyLegs.areTranslated($0.leg, legs[0].leg) }
            return ProxiedSession(
                connections: legs.map(\.connection), endedBy: isTranslated ? nil : proxy, isTranslated: isTranslated)
        }

        /// The first proxy that ended the legs on both sides of it.
        private var proxy: Endpoint? {
            zip(legs, legs.dropFirst()).first { outer, inner in
                enders[outer.connection] == .server && enders[inner.connection] == .client
            }?.0.leg.server
        }
    }

    /// The most keys remembered, in each of two generations.
    private static let keyLimit = 4096
    /// The most sessions listed.
    private static let sessionLimit = 200
    /// The most legs of a session.
    private static let legLimit = 8
    /// The most sessions with one key.
    private static let candidateLimit = 4

    /// Keyed by the hashes of keys, which are cheaper to find; two keys with the same hash are not combined.
    private var recent: [Int: Known] = [:]
    private var older: [Int: Known] = [:]
    /// The sessions with several legs, in the order in which they were found.
    var sessions: [ProxiedSession] { followed.map(\.session) }
    private var followed: [Followed] = []
    /// The index of the session of each of their connections.
    private var placeByConnection: [UInt64: Int] = [:]
    /// Further such sessions.
    private(set) var omitted: UInt64 = 0

    /// Records an upgrade.
    mutating func record(_ leg: Leg, connection: UInt64) {
        let hash = leg.key.hashValue
        let candidate = Candidate(latest: (leg, connection))
        guard var known = recent[hash] ?? older[hash], known.first.latest.leg.key == leg.key else {
            return remember(Known(first: candidate), hash)
        }
        if known.first.fits(leg, connection) {
            add(leg, connection, to: &known.first)
        } else if let index = known.others.firstIndex(where: { $0.fits(leg, connection) }) {
            add(leg, connection, to: &known.others[index])
        } else {
            known.others.append(candidate)
            if known.others.count >= Self.candidateLimit { known.first = known.others.removeFirst() }
        }
        remember(known, hash)
    }

    private mutating func add(_ leg: Leg, _ connection: UInt64, to candidate: inout Candidate) {
        if candidate.legs.isEmpty { candidate.legs = [candidate.latest] }
        let place = candidate.legs.firstIndex { $0.leg.requestPacket > leg.requestPacket } ?? candidate.legs.count
        candidate.latest = (leg, connection)
        candidate.legs.insert(candidate.latest, at: place)
        if let index = candidate.session {
            followed[index].legs = candidate.legs
            placeByConnection[connection] = index
        } else if followed.count < Self.sessionLimit {
            for leg in candidate.legs { placeByConnection[leg.connection] = followed.count }
            candidate.session = followed.count
            followed.append(Followed(legs: candidate.legs))
        } else if candidate.legs.count == 2 {
            omitted &+= 1
        }
    }

    /// Records who ended a session.
    mutating func recordEnd(by party: SessionEnd.Verdict.Party, connection: UInt64) {
        if let place = placeByConnection[connection] { followed[place].enders[connection] = party }
    }

    private mutating func remember(_ known: Known, _ hash: Int) {
        if recent.count >= Self.keyLimit, recent[hash] == nil {
            older = recent
            recent = [:]
        }
        recent[hash] = known
    }

    /// Whether two upgrades with the same key are legs of one session.
    private static func areOne(_ left: Leg, _ right: Leg) -> Bool {
        (left.server != right.server || areTranslated(left, right))
            && left.requestPacket < right.responsePacket ?? .max
            && right.requestPacket < left.responsePacket ?? .max
    }

    /// Whether two legs are one TCP connection with other addresses.
    private static func areTranslated(_ left: Leg, _ right: Leg) -> Bool {
        left.sequences != 0 && left.sequences == right.sequences
    }
}

extension Handshake {
    /// The facts by which the upgrade is compared; nil if it has no key of the right length (RFC 6455 4.1).
    var leg: ProxyLegs.Leg? {
        guard let key, key.utf8.count == 24 else { return nil }
        return ProxyLegs.Leg(
            key: key, server: identity.server, sequences: identity.opening.sequences, requestPacket: requestPacket,
            responsePacket: responsePacket)
    }
}
