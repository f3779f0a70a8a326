import WebSocketProtocol
import WireFormat

/// The search of a stream for the place where its frames begin, and the memory for it.
extension SessionStream {
    /// The most bytes kept of a stream during a search.
    private static var searchLimit: Int { 256 << 10 }

    /// Searches the stream from its next byte on.
    mutating func beginSearch(sender: Role, _ resources: inout StreamResources) {
        begin(
            FrameSearch(
                streamOffset: decoder.streamOffset, sender: sender, mayBeCompressed: decoder.mayUseRSV1,
                shortTexts: decoder.shortTextRun, needed: Evidence.needed, limit: Self.searchLimit), &resources)
    }

    /// Puts the stream on trial: frames begin at its next byte, or it is not WebSocket.
    mutating func beginTrial(expecting sender: Role?, _ resources: inout StreamResources) {
        if let search { resources.keepable &+= search.cost }
        begin(
            FrameSearch(
                anchoredAt: decoder.streamOffset, mayBeCompressed: decoder.mayUseRSV1, expected: sender),
            &resources)
    }

    private mutating func begin(_ search: FrameSearch, _ resources: inout StreamResources) {
        resources.keepable &-= search.cost
        self.search = search
    }

    /// Ends the search; the caller gets what it has kept.
    mutating func takeSearch(_ resources: inout StreamResources) -> FrameSearch? {
        guard let search else { return nil }
        self.search = nil
        resources.keepable &+= search.cost
        return search
    }

    /// Ends the search if it is a trial.
    mutating func takeTrial(_ resources: inout StreamResources) -> FrameSearch? {
        guard let search, search.isAnchored else { return nil }
        return takeSearch(&resources)
    }

    /// Searches from the next byte on, since it is unknown where frames continue.
    ///
    /// - Parameters:
    ///   - sender: Who sends the stream.
    ///   - gapPacket: The packet at which the gap that made this unknown was reported.
    ///   - resources: What the streams share.
    mutating func lose(sender: Role, gapPacket: UInt64, _ resources: inout StreamResources) {
        decoder.lose(resources: &resources)
        if search == nil { beginSkipping(gapPacket) } else { abandonSearch(&resources) }
        beginSearch(sender: sender, &resources)
    }

    /// Continues a search across missing bytes; gives up what it has kept if it cannot.
    ///
    /// - Parameters:
    ///   - length: The number of missing bytes.
    ///   - origin: The packet that shows the gap.
    ///   - gapPacket: The packet at which the gap is reported.
    ///   - resources: What the streams share.
    /// - Returns: Whether the search continues.
    mutating func searchReaches(
        over length: UInt64, _ origin: Origin, gapPacket: UInt64, _ resources: inout StreamResources
    ) -> Bool {
        guard let search else {
            beginSkipping(gapPacket)
            return false
        }
        let cost = search.cost
        let hasReached = search.skip(length, origin: origin)
        resources.keepable &-= search.cost &- cost
        if !hasReached { abandonSearch(&resources) }
        return hasReached
    }

    /// Gives up what the search has kept; another search may follow.
    mutating func abandonSearch(_ resources: inout StreamResources) {
        guard let search = takeSearch(&resources) else { return }
        skipped &+= search.searched
    }

    /// Searches the next bytes.
    ///
    /// - Returns: Where frames begin, once that is clear.
    mutating func search(
        in bytes: Span<UInt8>, _ origin: Origin, received: UInt64?, _ resources: inout StreamResources
    ) -> FrameSearch.Place? {
        guard let search else { return nil }
        let cost = search.cost
        let place = search.receive(bytes, origin: origin, received: received)
        resources.keepable &-= search.cost &- cost
        return place
    }

    /// Searches once more, since bytes are missing or none will come.
    ///
    /// - Returns: Where frames begin, if that is clear after all.
    mutating func finishSearch(hasFin: Bool, _ resources: inout StreamResources) -> FrameSearch.Place? {
        guard let search else { return nil }
        let cost = search.cost
        let place = search.finish(hasFin: hasFin)
        resources.keepable &-= search.cost &- cost
        return place
    }

    /// Starts counting the bytes given up while a place is searched for.
    private mutating func beginSkipping(_ gapPacket: UInt64) {
        self.gapPacket = gapPacket
        skipped = 0
    }

    // MARK: Pings in bytes that cannot be decoded yet

    /// Looks for a Ping at the start of bytes that wait after a hole or for a search: a Pong may answer it before it is
    /// decoded.
    mutating func suspectPing(in bytes: Span<UInt8>, from source: Provenance) {
        let isMasked = source.role == .client
        guard bytes.count >= 2, bytes[0] == 0x89, bytes[1] & 0x7f <= 125, (bytes[1] & 0x80 != 0) == isMasked else {
            return
        }
        let length = Int(bytes[1] & 0x7f)
        let start = isMasked ? 6 : 2
        // A few bytes alone can be anything.
        guard start &+ length <= bytes.count, length >= 2 || start &+ length == bytes.count else { return }
        var payload: [UInt8] = []
        payload.reserveCapacity(length)
        for index in 0..<length {
            let mask = isMasked ? bytes[2 &+ (index & 3)] : 0
            payload.append(bytes[start &+ index] ^ mask)
        }
        pings.suspect(PingLedger.fingerprint(payload.span), source.origin)
    }
}
