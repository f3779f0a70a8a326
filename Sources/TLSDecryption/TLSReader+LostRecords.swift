import WireFormat

/// How records are counted that were lost before one that was found.
extension TLSReader {
    /// Records what was lost before a record that was found: its number says how many records that were.
    mutating func recordLoss(_ lost: UInt64?, _ found: RecordProtection, at place: RecordPlace) {
        let index = place.direction.index
        guard found.epoch == .application else { return }
        var gap = PendingGap(length: nil, records: 0, place: place)
        if let records = lostRecords(before: found, place.direction) {
            // Nothing but the handshake's last messages was lost.
            guard records > 0 else { return }
            let isAllData = sides[index].protection?.epoch == .application || sides[index].expected == .application
            if isAllData, let lost, let overhead = found.overhead,
                !isTLS13 || place.direction == client || sides[index].hasPlaintext
            {
                gap.records = records
                let (added, overflow) = records.multipliedReportingOverflow(by: UInt64(RecordHeader.size &+ overhead))
                gap.length = overflow || added > lost ? nil : lost &- added
            }
        }
        add(gap)
    }

    /// Notes a gap if the first record of the application that was opened has a number that tells of others before it.
    ///
    /// Those after Finished are counted already.
    mutating func addGap(before found: RecordProtection, at place: RecordPlace) {
        let index = place.direction.index
        guard found.epoch == .application, !beginsMidstream, clientRandom != nil,
            sides[index].protection?.epoch != .application, sides[index].expected != .application
        else { return }
        // Before TLS 1.3, Finished has these keys too, and is the first record.
        let records = isTLS13 ? found.sequence : found.sequence &- min(found.sequence, 1)
        if records > 0 { add(PendingGap(length: nil, records: records, place: place)) }
    }

    /// How many records of the application were lost before one that was found; nil if that is not known.
    private func lostRecords(before found: RecordProtection, _ direction: Direction) -> UInt64? {
        let index = direction.index
        if let old = sides[index].protection, old.epoch == .application, sides[index].expected == nil {
            return old.hasSameKeys(as: found) && found.sequence > old.sequence ? found.sequence &- old.sequence : nil
        }
        guard !beginsMidstream, sides[index].failures == 0, direction != client || earlyData == .none,
            isFirstGeneration(found, direction)
        else { return nil }
        // Before TLS 1.3, Finished has these keys too, and is the first record.
        return isTLS13 ? found.sequence : found.sequence &- min(found.sequence, 1)
    }

    /// Whether keys of the application are those that it begins with.
    private func isFirstGeneration(_ keys: RecordProtection, _ direction: Direction) -> Bool {
        guard keys.version >= .tls13 else { return true }
        // Those of a key log stand in order.
        guard let first = knownSecrets(Self.label(.application, isClient: direction == client)).first else {
            return false
        }
        return suites(first).contains { keys.follows(from: TrafficSecret(first, $0.hash)) }
    }
}
