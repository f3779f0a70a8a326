/// What the checksums of one direction have been so far, and which segments to leave out for theirs.
///
/// Endpoints drop a segment with a wrong checksum, so an observer must too, or forged segments win. But captures are
/// full of checksums that were never made (offloading), or are wrong for reasons of the capture. So a wrong one counts
/// only where the direction's others are right: at least ``neededRight`` of them, and more than are wrong.
struct ChecksumTrust: Sendable {
    private var good: UInt16 = 0
    private var bad: UInt16 = 0

    /// Right (or offloaded) checksums before a wrong one counts.
    private static let neededRight: UInt16 = 2

    /// Whether enough right ones are known to judge by.
    var isSettled: Bool { good >= Self.neededRight }

    /// Counts a checksum that is right, or was left to the network card.
    mutating func countGood() {
        if good < .max { good &+= 1 }
    }

    /// Counts a wrong checksum.
    ///
    /// - Returns: Whether its segment is to be left out.
    mutating func countBad() -> Bool {
        let isRejected = good >= Self.neededRight && bad < good
        if bad < .max { bad &+= 1 }
        return isRejected
    }
}
