import TLSDecryption
import TestSupport
import WireFormat

extension RecordedSession {
    /// A store with the key log.
    var secrets: SecretStore {
        let store = SecretStore()
        store.add(Array(keyLog.utf8))
        return store
    }
}

/// Feeds a reader, and keeps its output.
final class Reading {
    private(set) var reader: TLSReader
    /// The bytes that the reader keeps.
    var cost: Int { reader.cost }
    /// Decrypted bytes by ``Direction/index``; those of gaps of known length are nil.
    var plaintext: [[UInt8?]] = [[], []]
    /// Gaps of unknown length, by their positions.
    var unknownGaps: [[Int]] = [[], []]
    var alerts: [(direction: Direction, alert: TLSAlert)] = []
    var problems: [(direction: Direction, problem: TLSProblem, packet: UInt64)] = []
    /// The number of records decrypted on the fast path.
    private(set) var fastRecords = 0
    /// How often bytes in the middle of a record were kept on the fast path, and by how much that raised the cost.
    private(set) var gathered = (count: 0, cost: 0)
    private let usesFastPath: Bool
    private var offsets: [UInt64] = [0, 0]
    /// The number of the last packet.
    private(set) var packet: UInt64 = 0

    init(
        _ secrets: SecretStore?, bench: CipherBench? = nil, beginsMidstream: Bool = false, usesFastPath: Bool = false
    ) {
        self.usesFastPath = usesFastPath
        reader = TLSReader(bench: bench ?? CipherBench(secrets: secrets), beginsMidstream: beginsMidstream)
    }

    private func place(_ direction: Direction, _ count: Int, milliseconds: Int64?) -> RecordPlace {
        packet += 1
        defer { offsets[direction.index] += UInt64(count) }
        let start = offsets[direction.index]
        let time = Timestamp(nanoseconds: (milliseconds ?? Int64(packet)) * 1_000_000)
        return RecordPlace(
            direction: direction, origin: Origin(packet: packet, time: time), carrier: start..<(start + UInt64(count)))
    }

    func receive(_ bytes: some Collection<UInt8>, _ direction: Direction, milliseconds: Int64? = nil) {
        if usesFastPath, let growth = reader.gatherMore(Array(bytes).span, from: direction) {
            gathered = (gathered.count + 1, gathered.cost + growth)
            _ = place(direction, bytes.count, milliseconds: milliseconds)
            return
        }
        var output = TLSOutput()
        let own = Array(bytes.dropFirst(usesFastPath ? receiveFast(Array(bytes), direction) : 0))
        reader.receive(
            own.span, at: place(direction, own.count, milliseconds: milliseconds), into: &output)
        take(output)
    }

    /// Decrypts what it can on the fast path.
    ///
    /// - Returns: The number of bytes taken.
    private func receiveFast(_ bytes: [UInt8], _ direction: Direction) -> Int {
        var room = [UInt8](repeating: 0xff, count: RecordHeader.longest)
        var done = 0
        while true {
            var span = room.mutableSpan
            guard let record = reader.openFirst(of: bytes.span.extracting(done...), from: direction, into: &span) else {
                break
            }
            done += record.size
            fastRecords += 1
            plaintext[direction.index] += room[..<record.count].map { $0 }
        }
        _ = place(direction, done, milliseconds: nil)
        return done
    }

    func lose(_ count: Int, _ direction: Direction) {
        var output = TLSOutput()
        reader.skip(UInt64(count), at: place(direction, count, milliseconds: nil), into: &output)
        take(output)
    }

    func finish() {
        var output = TLSOutput()
        reader.finish(into: &output)
        take(output)
    }

    private func take(_ output: TLSOutput) {
        for piece in output.pieces {
            let index = piece.place.direction.index
            switch piece.content {
            case .plaintext(let range): plaintext[index] += output.bytes[range].map { $0 }
            case .gap(let length?): plaintext[index] += [UInt8?](repeating: nil, count: Int(min(length, 1 << 20)))
            case .gap(nil): unknownGaps[index].append(plaintext[index].count)
            case .alert(let alert): alerts.append((piece.place.direction, alert))
            case .problem(let problem):
                problems.append((piece.place.direction, problem, piece.place.origin.packet))
            }
        }
    }

    /// The bytes of a direction, without gaps.
    func known(_ direction: Direction) -> [UInt8] { plaintext[direction.index].compactMap { $0 } }
}
