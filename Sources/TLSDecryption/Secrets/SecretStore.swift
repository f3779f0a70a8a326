import Synchronization
import WireFormat

/// The secrets of key logs, by the random of the ClientHello that they belong to.
///
/// It keeps where lines stand, not what they hold. Of one random and label it has all secrets: which one is right, the
/// records' tags tell. A secret counts from the packet on before which it became known, so that an analysis in parts
/// finds the same as one that is whole.
package final class SecretStore: Sendable {
    private let index: Mutex<KeyLogIndex>
    /// Whether secrets may still come, so that streams wait for them a while.
    package let mayGrow: Bool

    /// Finds further key logs, once the first secret is asked for.
    private let search: Mutex<(@Sendable () -> [[UInt8]])?>

    /// - Parameter mayGrow: Whether secrets may come with later packets.
    package init(mayGrow: Bool = false) {
        self.mayGrow = mayGrow
        index = Mutex(KeyLogIndex())
        search = Mutex(nil)
    }

    /// Creates a store for a capture that can be searched for key logs.
    ///
    /// - Parameter search: Returns all key logs in the capture; called once, when the first secret is asked for.
    package init(searching search: @escaping @Sendable () -> [[UInt8]]) {
        mayGrow = false
        index = Mutex(KeyLogIndex())
        self.search = Mutex(search)
    }

    /// Searches for further key logs, unless that was done.
    private func complete() {
        search.withLock { search in
            guard let find = search else { return }
            search = nil
            for text in find() { add(text) }
        }
    }

    /// Adds a key log that is in memory, such as that of a pcapng secrets block.
    ///
    /// - Parameters:
    ///   - text: The key log.
    ///   - packet: The packet that it counts from.
    package func add(_ text: [UInt8], from packet: UInt64 = 0) {
        if packet > 0 { hasText.store(true, ordering: .relaxed) }
        guard keptByteCount.add(text.count) else { return }
        add(KeyLogText(text), from: packet)
    }

    /// Adds a key log, or what has been appended to it.
    ///
    /// - Parameters:
    ///   - source: The key log.
    ///   - start: Where what is new begins.
    ///   - packet: The packet that it counts from.
    /// - Returns: Where what was not read begins: a line without an end may still grow.
    @discardableResult
    package func add(_ source: any KeyLogSource, startingAt start: UInt64 = 0, from packet: UInt64 = 0) -> UInt64 {
        var scanner = KeyLogScanner(source, at: start)
        add(&scanner, from: packet)
        return scanner.unfinished
    }

    /// Adds what a scanner has still to read.
    func add(_ scanner: inout KeyLogScanner, from packet: UInt64) {
        let source = scanner.source
        var lines: [(offset: UInt64, random: Random)] = []
        var isFirst = true
        repeat {
            lines.removeAll(keepingCapacity: true)
            scanner.next(into: &lines)
            guard !lines.isEmpty else { continue }
            index.withLock { $0.add(lines, of: source, from: packet, isNew: isFirst) }
            isFirst = false
        } while !scanner.isAtEnd
    }

    /// Forgets where the lines of a key log stand, since it is written anew: its secrets are added again.
    package func forget(_ source: any KeyLogSource) { index.withLock { $0.forget(source) } }

    /// Whether secrets in memory, such as those of a pcapng secrets block, came with packets.
    package var comesWithPackets: Bool { hasText.load(ordering: .relaxed) }
    private let hasText = Atomic(false)

    private let keptByteCount = ByteBudget(MemoryBudget.standard.secrets)

    /// Whether there are none.
    package var isEmpty: Bool {
        complete()
        return index.withLock { $0.isEmpty }
    }

    /// A number that changes whenever further secrets count.
    ///
    /// - Parameter packet: The current packet.
    /// - Returns: The number.
    func age(at packet: UInt64) -> Int { index.withLock { $0.sectionCount(at: packet) } }

    /// Whether a connection has secrets.
    ///
    /// - Parameters:
    ///   - random: The random of its ClientHello.
    ///   - packet: The current packet.
    /// - Returns: Whether there is any.
    package func has(_ random: Random, at packet: UInt64) -> Bool {
        !lines(of: random, at: packet).isEmpty
    }

    /// The secrets of a connection.
    ///
    /// - Parameters:
    ///   - label: Which.
    ///   - random: The random of its ClientHello.
    ///   - packet: The current packet.
    /// - Returns: The secrets, each once.
    package func secrets(_ label: SecretLabel, of random: Random, at packet: UInt64) -> [KeyBytes] {
        Self.secrets(label, in: lines(of: random, at: packet))
    }

    /// The secrets of some lines, each once.
    static func secrets(_ label: SecretLabel, in lines: [KeyLogLine]) -> [KeyBytes] {
        var secrets: [KeyBytes] = []
        for line in lines where line.label == label && !secrets.contains(line.secret) {
            secrets.append(line.secret)
        }
        return secrets
    }

    /// Lines of one random that are read at most.
    private static let lineLimit = 64

    /// The lines of a connection.
    func lines(of random: Random, at packet: UInt64) -> [KeyLogLine] {
        var lines: [KeyLogLine] = []
        read(random, at: packet) { line, _ in lines.append(line) }
        return lines
    }

    /// The lines of a connection as a key log, which decrypts that connection and no other.
    ///
    /// Only a secrets block of a pcapng file may get it (draft-ietf-opsawg-pcapng 4.7), if the user asked for one.
    ///
    /// - Parameters:
    ///   - random: The random of the connection's ClientHello.
    ///   - packet: The current packet.
    /// - Returns: The lines as they are written in the key logs, each once; empty if there are none.
    package func keyLog(of random: Random, at packet: UInt64) -> [UInt8] {
        var lines: [[UInt8]] = []
        read(random, at: packet) { _, text in
            let line = Array(copying: text.extracting(text.trimmed(0..<text.count)))
            if !lines.contains(line) { lines.append(line) }
        }
        return lines.flatMap { $0 + [UInt8(ascii: "\n")] }
    }

    /// Reads the lines of a connection.
    private func read(_ random: Random, at packet: UInt64, _ take: (KeyLogLine, Span<UInt8>) -> Void) {
        complete()
        let places = index.withLock { $0.places(of: random, at: packet) }
        var count = 0
        for (index, place) in places.enumerated() {
            // A key log that grows while it is read has a place for each piece.
            let next = index &+ 1 < places.count ? places[index &+ 1] : nil
            KeyLogScanner.read(place, before: place.end(before: next)) { line, text in
                guard line.random == random, count < Self.lineLimit else { return false }
                count &+= 1
                take(line, text)
                return true
            }
        }
    }

    /// The application secrets of TLS 1.3 sessions, to try on records whose session is unknown.
    ///
    /// - Parameters:
    ///   - limit: How many at most.
    ///   - packet: The current packet.
    ///   - budget: Lines that may still be read; those that are read are taken out.
    /// - Returns: Their lines, those of the latest sessions first.
    package func applicationSecrets(atMost limit: Int, at packet: UInt64, budget: inout Int) -> [KeyLogLine] {
        latestLines(atMost: limit, at: packet, budget: &budget) { $0 == .clientApplication || $0 == .serverApplication }
    }

    /// The lines with certain labels, to try on records whose session is unknown.
    ///
    /// - Parameters:
    ///   - limit: How many at most.
    ///   - packet: The current packet.
    ///   - budget: Lines that may still be read; those that are read are taken out.
    ///   - isWanted: Whether a label is one of them.
    /// - Returns: The lines, those of the latest sessions first.
    func latestLines(
        atMost limit: Int, at packet: UInt64, budget: inout Int, where isWanted: (SecretLabel) -> Bool
    ) -> [KeyLogLine] {
        guard budget > 0 else { return [] }
        complete()
        let places = index.withLock { $0.places(atMost: limit, at: packet) }
        var lines: [KeyLogLine] = []
        var next: KeyLogIndex.Place?
        for place in places {
            guard lines.count < limit, budget > 0 else { break }
            var first: Random?
            var count = 0
            defer { next = place }
            KeyLogScanner.read(place, before: place.end(before: next)) { line, _ in
                count &+= 1
                guard lines.count < limit, first ?? line.random == line.random, count <= Self.lineLimit else {
                    return false
                }
                first = line.random
                if isWanted(line.label) { lines.append(line) }
                return true
            }
            budget &-= count
        }
        return lines
    }
}

/// How many bytes may still be kept.
private final class ByteBudget: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) {
        left = Mutex(count)
    }

    /// Takes bytes, if there are as many.
    func add(_ count: Int) -> Bool {
        left.withLock { left in
            guard left >= count else { return false }
            left -= count
            return true
        }
    }
}

/// A key log in memory.
private final class KeyLogText: KeyLogSource {
    private let text: [UInt8]

    init(_ text: [UInt8]) {
        self.text = text
    }

    func read(at offset: UInt64, count: Int) -> [UInt8] {
        guard let start = Int(exactly: offset), start < text.count else { return [] }
        return Array(text[start..<min(text.count, start + count)])
    }
}
