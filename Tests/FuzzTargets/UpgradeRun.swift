import HTTPUpgrade
import WireFormat

/// One following of the two streams of a connection to its upgrade.
///
/// Input: a byte of settings (bit 0: the connection began before the capture; 1: small limits; 2: the initiator loses
/// some bytes; 3: it is not known how many), a byte that counts pieces (its four low bits), the pieces' lengths (two bytes
/// each), the pieces; streams take turns, the initiator's is first, and what is left is the last piece.
struct UpgradeRun {
    private let settings: UInt8
    private var pieces: [(direction: Direction, bytes: [UInt8])] = []

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        settings = input.byte()
        let lengths = (0..<input.byte() & 15).map { _ in Int(input.short()) }
        var direction = Direction.fromInitiator
        for length in lengths + [.max] {
            pieces.append((direction, input.take(length)))
            direction = direction.opposite
        }
    }

    /// Follows the streams cut in every way.
    func check() throws(Disagreement) {
        let whole = try log(.whole)
        // Searching looks at where pieces begin.
        guard !whole.contains(where: \.hasSearched) else { return }
        for cutting in [Cutting.byteByByte, .random] {
            let log = try log(cutting)
            // Where both streams end the following, it depends on the cuts which of them is read so far first.
            let length = min(log.lengthFollowed ?? .max, whole.lengthFollowed ?? .max)
            if log.prefix(length) != whole.prefix(length) {
                throw Disagreement(words: "cut \(cutting): \(log), whole: \(whole)")
            }
        }
    }

    private func log(_ cutting: Cutting) throws(Disagreement) -> [UpgradeDriver.Entry] {
        var limits = UpgradeFollower.Limits()
        if settings & 2 != 0 {
            limits.head = 300
            limits.outstandingRequests = 2
        }
        var driver = UpgradeDriver(
            UpgradeFollower(limits: limits, beganBeforeCapture: settings & 1 != 0))
        for (index, piece) in pieces.enumerated() {
            for bytes in cutting.pieces(of: piece.bytes) { try driver.feed(bytes, piece.direction) }
            if index == 1, settings & 4 != 0 { try driver.lose(settings & 8 != 0 ? nil : 20, .fromInitiator) }
        }
        driver.end()
        return driver.log
    }
}

extension [UpgradeDriver.Entry] {
    /// How many entries stand before the one that ended the following; nil where none did.
    fileprivate var lengthFollowed: Int? {
        firstIndex { if case .finished = $0 { true } else { false } }
    }
}
