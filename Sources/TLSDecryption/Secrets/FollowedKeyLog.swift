/// A key log that may still be written: it is read on, or read anew if it was written anew.
///
/// Its writer does not wait: a file may be truncated and written again between any two reads. So what was read is kept
/// in part as it was then, and compared with the file before more is read. Whatever a read has mixed up is noticed by
/// the next one at the latest.
package struct FollowedKeyLog {
    private let source: any KeyLogSource
    /// Where the unread lines begin; the last line may be incomplete.
    private var readUpTo: UInt64 = 0
    private var sample = KeyLogSample()
    /// How the file was when it was read last.
    private var state = KeyLogState()

    package init(_ source: any KeyLogSource) {
        self.source = source
    }

    /// Reads what is new.
    ///
    /// - Parameters:
    ///   - store: Receives the secrets.
    ///   - state: How the file is, or was a moment ago.
    ///   - packet: The number of the next packet.
    package mutating func readOn(_ store: SecretStore, at state: KeyLogState, from packet: UInt64) {
        guard state != self.state || !state.isSettled else { return }
        self.state = state
        if !sample.isStill(in: source) {
            store.forget(source)
            readUpTo = 0
            sample = KeyLogSample()
        } else if source.read(at: sample.end, count: 1).isEmpty {
            // An incomplete last line is read again, but only after more has come.
            return
        }
        var scanner = KeyLogScanner(source, at: readUpTo, after: sample)
        store.add(&scanner, from: packet)
        (readUpTo, sample) = (scanner.unfinished, scanner.sample)
    }
}

/// What shows that a file was written.
package struct KeyLogState: Equatable {
    /// How many bytes there are.
    private let size: UInt64
    /// When it was changed last, in nanoseconds.
    private let changed: Int64
    /// Whether any later change shows: the time of a file stands still for some milliseconds, on some systems for two
    /// seconds.
    let isSettled: Bool

    /// - Parameters:
    ///   - size: How many bytes there are.
    ///   - changed: When the file was changed last, in nanoseconds.
    ///   - now: The current time, in nanoseconds.
    package init(size: UInt64 = 0, changed: Int64 = 0, now: Int64 = 0) {
        self.size = size
        self.changed = changed
        isSettled = changed < now &- 3_000_000_000
    }
}

/// Some bytes of a key log as they were when they were read: the first and the last ones.
struct KeyLogSample {
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    /// How many bytes were read.
    private(set) var end: UInt64 = 0

    /// The bytes kept at either end: all of what a session of some hours writes.
    private static let size = 32 << 10

    /// Takes bytes that were read; those that were read before stay as they were then.
    mutating func take(_ bytes: [UInt8], at offset: UInt64) {
        guard offset <= end, offset &+ UInt64(bytes.count) > end else { return }
        let new = bytes[Int(end &- offset)...]
        head += new.prefix(Self.size &- head.count)
        tail = Array((tail + new.suffix(Self.size)).suffix(Self.size))
        end &+= UInt64(new.count)
    }

    /// Whether the key log still has these bytes.
    func isStill(in source: any KeyLogSource) -> Bool {
        source.read(at: 0, count: head.count) == head
            && source.read(at: end &- UInt64(tail.count), count: tail.count) == tail
    }
}
