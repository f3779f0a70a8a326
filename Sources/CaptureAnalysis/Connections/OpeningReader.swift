import HTTPUpgrade
import TLSDecryption
import WebSocketProtocol
import WireFormat

/// Reads a connection up to an accepted upgrade, or to the frames of a session that began before the capture.
struct OpeningReader: StreamReader, ~Copyable {
    private var follower: UpgradeFollower
    /// Whether bytes went unsearched for lack of memory.
    private(set) var isSearchCut = false
    /// Where the latest upgrade request ends in its stream: the last 32 bits of the offset.
    private var requestEnd: UInt32 = 0
    /// The number of the connection once an upgrade was seen on it; 0 before.
    var number: UInt64 = 0
    /// The identity of its session, once it has a number.
    var identity: SessionIdentity?
    /// The search for a session whose upgrade is not in the capture.
    private(set) var search: MidstreamSearch?
    /// When the current request was complete: one for an upgrade, or a plain one that is reported with its response.
    private(set) var asked: HeadMoment?
    /// Bytes that it has taken from the streams' common bound.
    private var reserved = 0
    /// Nanoseconds from the capture's first packet to the latest upgrade request.
    var requestElapsed: Int64? { latestRequest == .min ? nil : latestRequest }
    /// The same; the smallest number if there was none.
    private var latestRequest = Int64.min

    init(limits: UpgradeLimits, beganBeforeCapture: Bool, mayAwaitRequest: Bool, reportsExchanges: Bool) {
        follower = UpgradeFollower(
            limits: limits, beganBeforeCapture: beganBeforeCapture, mayAwaitRequest: mayAwaitRequest,
            reportsExchanges: reportsExchanges)
    }

    /// The direction that the client sends; the initiator's if there was no request.
    var client: Direction { follower.client ?? .fromInitiator }

    /// The HTTP seen so far.
    var traffic: HTTPTraffic { follower.traffic }

    /// The header that a proxy sent before the client's bytes; empty if there was none.
    var proxyHeader: [UInt8] { follower.proxyHeader }

    /// Whether a gap may hide the response to the latest upgrade request.
    var isAnswerHidden: Bool { follower.isAnswerHidden }

    /// Whether it searches for frames, and has seen no HTTP exchange.
    var hasRecognizedNothing: Bool { follower.isSearching && !follower.traffic.contains(.exchanges) }

    /// Whether the search of a stream was abandoned, and nothing else was found on the connection.
    var isSearchAbandoned: Bool {
        guard let search, !isSearchCut, hasRecognizedNothing else { return false }
        return search.isHopeless[0] || search.isHopeless[1]
    }

    /// Skips `count` bytes if a body is being skipped that extends beyond them.
    @inline(__always)
    mutating func pass(_ count: Int, from direction: Direction) -> Bool {
        follower.pass(count, from: direction)
    }

    mutating func receive(
        _ bytes: Span<UInt8>, at place: StreamPlace, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        if follower.isSearching, isEncrypted(bytes, &workspace) {
            return Intake(unread: bytes.count, handover: Handover(successor: .other(.tls)))
        }
        var intake = Intake()
        var start = 0
        let precedesRequest = asked.map { place.origin.packet < $0.origin.packet } ?? false
        follower.endBody(before: bytes, from: place.direction)
        while true {
            let step = follower.receive(
                bytes.extracting(start...), from: place.direction, precedingRequest: precedesRequest)
            start &+= step.consumed
            intake.wakesOther = intake.wakesOther || step.consumed > 0
            switch step.outcome {
            case .consumed:
                guard let successor = lookOn(in: bytes, at: place, &workspace) else { return intake }
                return Intake(handover: intake.handing(over: successor))
            case .waits:
                intake.unread = bytes.count &- start
                intake.wakesOther = intake.wakesOther || follower.hasEarlyAnswer
                return intake
            case .requested:
                let moment = HeadMoment(place.origin, workspace)
                latestRequest = moment.elapsed
                requestEnd = UInt32(truncatingIfNeeded: place.offset &+ UInt64(start))
                asked = moment
            case .answered(let answer):
                let upgrade = settle(answer, at: place, workspace)
                let handover = intake.beginHandover()
                handover.upgrades.append(upgrade)
                guard upgrade.isAccepted else { continue }
                start &+= upgrade.passText(in: bytes.extracting(start...))
                // The response came from the server: its frames begin after `start`, the client's where its stream
                // waits.
                intake.unread = bytes.count &- start
                intake.wakesOther = true
                handover.successor = .webSocket(.upgrade(client: place.direction.opposite, upgrade))
                return intake
            case .watched: watch(at: place, workspace)
            case .exchanged(let exchange):
                guard let read = settle(exchange, at: place) else { continue }
                intake.beginHandover().exchanges.append(read)
            case .finished(.brokenHTTP) where follower.searchOn():
                // What broke HTTP may be another head.
                start = 0
            case .finished(let ending):
                return Intake(unread: bytes.count &- start, handover: intake.handing(over: .other(ending)))
            }
        }
    }

    /// Searches for frames in bytes that end no head, and counts the bytes kept.
    ///
    /// - Returns: Who continues reading, if frames are found or there is no room.
    private mutating func lookOn(
        in bytes: Span<UInt8>, at place: StreamPlace, _ workspace: inout Workspace
    ) -> Successor? {
        if follower.isSearching, !follower.searchesHeadsOnly, let found = find(in: bytes, at: place, &workspace) {
            return found
        }
        return charge(&workspace) ? nil : .other(.oversizedHead)
    }

    /// Takes the response to the current request.
    private mutating func settle(
        _ answer: UpgradeAnswer, at place: StreamPlace, _ workspace: borrowing Workspace
    ) -> Upgrade {
        let upgrade = Upgrade(answer, asked: asked ?? HeadMoment(place.origin, workspace), answered: place.origin)
        upgrade.hasBytesBeforeHead = follower.hasPreamble(place.direction)
        asked = nil
        return upgrade
    }

    /// Records the time of a plain request whose response is awaited, if there is room for it and no other request
    /// waits.
    private mutating func watch(at place: StreamPlace, _ workspace: borrowing Workspace) {
        guard workspace.resources.mayKeepPlainHead(follower.watchedCount) else { return follower.stopWatching() }
        if follower.pendingRequest == nil { asked = HeadMoment(place.origin, workspace) }
    }

    /// Takes a plain exchange; nil if an upgrade was requested meanwhile, since the recorded time is then that
    /// request's.
    private mutating func settle(_ exchange: PlainExchange, at place: StreamPlace) -> ReadExchange? {
        guard follower.pendingRequest == nil, let moment = asked else { return nil }
        asked = nil
        return ReadExchange(exchange, asked: moment, answered: place.origin)
    }

    mutating func skip(
        _ missing: MissingBytes, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        let direction = missing.place.direction
        switch follower.skip(missing.length, from: direction, comesLate: missing.comesLate) {
        case .waits: return Intake(defersGap: true, wakesOther: follower.isRequestInGap)
        case .finished(let ending): return Intake(handover: Handover(successor: .other(ending)))
        case .consumed, .requested, .answered, .watched, .exchanged:
            // Bytes that waited for a response in the gap need no longer wait.
            guard search != nil else { return Intake(wakesOther: follower.isSearching) }
            if let length = missing.length {
                search?.skip(length, of: direction, origin: missing.place.origin)
            } else {
                search?.drop(direction)
            }
            _ = charge(&workspace)
            return Intake()
        }
    }

    /// Searches once more for frames, since nothing more will come.
    ///
    /// - Parameters:
    ///   - isWhole: Whether each stream was seen up to its FIN, by ``Direction/index``.
    ///   - workspace: What readers share.
    /// - Returns: The session, if one is found after all.
    mutating func finishSearch(isWhole: InlineArray<2, Bool>, _ workspace: inout Workspace) -> Successor? {
        guard let search else { return nil }
        for direction in Direction.allCases {
            guard let found = search.finish(direction, hasFin: isWhole[direction.index]) else { continue }
            return hand(over: search, found, in: direction, &workspace)
        }
        // Frames of the client begin right after its request, or not at all.
        if follower.pendingRequest != nil,
            search.beginsWithFrames(client, after: requestEnd, hasFin: isWhole[client.index])
        {
            return hand(over: search, client: client, isClientWhole: true, &workspace)
        }
        if isSearchAbandoned { workspace.summary.others.searchesAbandoned &+= 1 }
        self.search = nil
        _ = charge(&workspace)
        return nil
    }

    /// The request that was never answered; returned once.
    mutating func takeUnanswered() -> Upgrade? {
        guard let asked, let request = follower.pendingRequest else { return nil }
        self.asked = nil
        follower.forgetRequest()
        return Upgrade(UpgradeAnswer(lost: request), asked: asked)
    }

    /// Whether the latest upgrade request ends before an offset of its stream, where the stream ends: the client went
    /// on.
    func precedes(_ end: UInt64) -> Bool { UInt32(truncatingIfNeeded: end) != requestEnd }

    /// Takes the bytes of a direction, and of the other one, that belong to the following protocol.
    mutating func takeHandover(_ direction: Direction) -> (own: [UInt8], other: [UInt8]) {
        (follower.takeHandover(of: direction), follower.takeHandover(of: direction.opposite))
    }

    /// Whether a response waits for its request.
    var awaitsRequest: Bool { follower.awaitsRequest }

    /// Accepts a response that has waited for its request; false if there is none.
    mutating func stopAwaitingRequest() -> Bool { follower.stopAwaitingRequest() }

    /// Continues without what the capture lacks: the request, the response, or a whole stream.
    ///
    /// - Returns: Whether that changes anything.
    mutating func stopExpecting(isOneSided: Bool) -> Bool {
        if follower.stopAwaitingRequest() { return true }
        return (isOneSided || follower.isAnswerHidden) && follower.stopExpecting()
    }

    /// Ends the reading, since no more bytes can be kept of a stream that waits.
    mutating func stopWaiting() -> UpgradeFollower.Ending { follower.giveUpWaiting() }

    /// Stops the search, since nothing more is read.
    ///
    /// - Returns: Whether there is room to keep the unanswered request.
    mutating func stopReading(_ workspace: inout Workspace) -> Bool {
        search = nil
        follower.stop()
        _ = charge(&workspace)
        return workspace.resources.mayKeepHead(reserved)
    }

    /// Counts the kept bytes again, since there are fewer now.
    mutating func discharge(_ workspace: inout Workspace) {
        _ = charge(&workspace)
    }

    /// Whether a connection that began before the capture is TLS, judged by a segment that begins with a record.
    private func isEncrypted(_ bytes: Span<UInt8>, _ workspace: inout Workspace) -> Bool {
        guard let secrets = workspace.options.secrets, number == 0,
            follower.traffic.isEmpty, TLSShard.looksLikeRecords(bytes)
        else { return false }
        return !secrets.isEmpty
    }

    /// Searches for frames in bytes of a connection whose upgrade cannot be seen.
    private mutating func find(
        in bytes: Span<UInt8>, at place: StreamPlace, _ workspace: inout Workspace
    ) -> Successor? {
        guard workspace.resources.searchable > bytes.count else {
            // Unsearched bytes break every chain.
            search?.drop(place.direction)
            _ = charge(&workspace)
            if !isSearchCut { workspace.summary.others.unsearched &+= 1 }
            isSearchCut = true
            return nil
        }
        // Less evidence is needed if WebSocket was requested.
        if search == nil { search = MidstreamSearch(client: follower.pendingRequest == nil ? nil : client) }
        let found = search?.receive(
            bytes, from: place.direction, at: place.offset, origin: place.origin,
            received: workspace.received(in: place.origin.packet))
        _ = charge(&workspace)
        guard let found, let search else { return nil }
        return hand(over: search, found, in: place.direction, &workspace)
    }

    /// Hands the search over to the session that was found.
    private mutating func hand(
        over search: MidstreamSearch, _ found: FrameSearch.Place, in direction: Direction,
        _ workspace: inout Workspace
    ) -> Successor {
        let sender = found.sender == .client ? direction : direction.opposite
        let isClientWhole =
            sender == client && follower.pendingRequest != nil
            && search.beginsWithFrames(client, after: requestEnd, hasFin: false)
        return hand(over: search, client: sender, isClientWhole: isClientWhole, &workspace)
    }

    private mutating func hand(
        over search: MidstreamSearch, client: Direction, isClientWhole: Bool, _ workspace: inout Workspace
    ) -> Successor {
        release(&workspace)
        self.search = nil
        return .webSocket(.found(search, client: client, isClientWhole: isClientWhole))
    }

    /// Counts the memory that it now takes against the common bound.
    ///
    /// - Returns: Whether it may keep it.
    private mutating func charge(_ workspace: inout Workspace) -> Bool {
        let known = identity.map { $0.cost &+ workspace.options.limits.sessionBytes } ?? 0
        let cost = follower.keptCount &+ (search?.cost ?? 0) &+ known
        guard cost != reserved else { return true }
        let grows = cost > reserved
        take(cost, &workspace)
        return !grows || workspace.resources.mayKeepHead(cost)
    }

    /// Returns what it has taken, since it is no longer needed.
    mutating func release(_ workspace: inout Workspace) {
        take(0, &workspace)
    }

    /// Sets the bytes taken from the common bound to `cost`.
    private mutating func take(_ cost: Int, _ workspace: inout Workspace) {
        workspace.resources.countHead(cost, inPlaceOf: reserved)
        reserved = cost
    }
}
