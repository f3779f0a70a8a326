import WireFormat

/// Records that wait for what must come before them: a ServerHello, the server's word on early data, secrets.
struct WaitingRecords {
    struct Entry {
        var header: RecordHeader
        var payload: [UInt8]
        var place: RecordPlace
    }

    var entries: [Entry] = []
    /// Bytes of all entries, with what keeping them costs.
    private(set) var cost = 0

    /// Bytes that may wait.
    static let limit = 256 << 10
    /// How long they may wait, in nanoseconds.
    static let patience: Int64 = 1_000_000_000

    mutating func append(_ entry: Entry) {
        cost &+= entry.payload.count &+ 96
        entries.append(entry)
    }
}

/// How records wait.
extension TLSReader {
    /// Whether a record must wait.
    func mustWait(_ header: RecordHeader, _ place: RecordPlace) -> Bool {
        if sides[place.direction.index].isHeld { return true }
        guard sides[place.direction.index].protection == nil, !beginsMidstream else { return false }
        if clientRandom == nil {
            // One direction was captured late: who answers a hello follows it.
            guard facts.version != nil, agreement?.hasStoppedWaiting != true else { return false }
        } else if header.type == .changeCipherSpec, facts.version == nil {
            // Whether it means anything depends on the version.
            return agreement?.hasStoppedWaiting != true
        }
        return isProtected(header, place.direction) && !isReady(place.direction)
    }

    /// Whether what records of a direction wait for has come.
    private func isReady(_ direction: Direction) -> Bool {
        guard let version = facts.version, clientRandom != nil else { return false }
        if version >= .tls13, direction == client, earlyData == .undecided { return false }
        return secrets?.mayGrow != true || hasAllSecrets(direction)
    }

    /// Keeps a record.
    mutating func wait(
        _ header: RecordHeader, _ payload: Span<UInt8>, at place: RecordPlace, into output: inout TLSOutput
    ) {
        sides[place.direction.index].isHeld = true
        let agreement = needAgreement()
        var records = agreement.waiting ?? WaitingRecords()
        agreement.waiting = nil
        records.append(WaitingRecords.Entry(header: header, payload: Array(copying: payload), place: place))
        agreement.waiting = records
        if records.cost > WaitingRecords.limit { releaseWaiting(into: &output) }
    }

    /// Reads the records that need not wait any more.
    mutating func reviseWaiting(now: Origin, into output: inout TLSOutput) {
        if let first = agreement?.waiting?.entries.first,
            now.time.nanoseconds(since: first.place.origin.time) > WaitingRecords.patience
        {
            return releaseWaiting(into: &output)
        }
        while agreement?.waiting != nil {
            var ready: [Direction] = []
            for direction in Direction.allCases where sides[direction.index].isHeld && isReady(direction) {
                ready.append(direction)
            }
            guard !ready.isEmpty else { return }
            readWaiting(of: ready, into: &output)
        }
    }

    /// Reads all records that wait, with the secrets known so far.
    mutating func releaseWaiting(into output: inout TLSOutput) {
        if earlyData == .undecided { earlyData = wasRejected() ? .rejected : .accepted }
        agreement?.hasStoppedWaiting = true
        // The server's word may come with what waits.
        readWaiting(of: Direction.allCases, into: &output)
    }

    /// Whether the server refused the early data among the records that wait, judging by the client alone.
    ///
    /// EndOfEarlyData, under the same keys, ends what was taken (RFC 8446 4.5).
    private mutating func wasRejected() -> Bool {
        guard let client, let entries = agreement?.waiting?.entries else { return false }
        earlyData = .accepted
        for var keys in candidates(client) where keys.epoch == .early {
            defer { bench.release(keys.claim) }
            for entry in entries where entry.place.direction == client && entry.header.type == .applicationData {
                var content: [UInt8] = []
                guard let type = keys.open(entry.header, entry.payload.span, bench, into: &content) else {
                    // Without a record before, the keys are others.
                    if keys.sequence > 0 { return true }
                    break
                }
                keys.sequence &+= 1
                if type == .handshake { return false }
            }
        }
        return false
    }

    private mutating func readWaiting(of directions: [Direction], into output: inout TLSOutput) {
        guard let entries = agreement?.waiting?.entries else { return }
        agreement?.waiting = nil
        for direction in directions { sides[direction.index].isHeld = false }
        var rest = WaitingRecords()
        for entry in entries {
            if directions.contains(entry.place.direction) {
                dispatch(entry.header, entry.payload.span, at: entry.place, into: &output)
            } else {
                rest.append(entry)
            }
        }
        if !rest.entries.isEmpty { needAgreement().waiting = rest }
    }
}
