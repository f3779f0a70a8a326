import TLSDecryption
import TraceOutput

/// Key logs that may still be written.
///
/// They are followed as `tail -F` follows files: by what is appended, from the beginning if they become shorter, and by
/// name if another file takes their place and may be opened.
struct GrowingKeyLogs {
    private var keyLogs: [GrowingKeyLog]
    /// Whether to suppress messages about what cannot be followed.
    private let isQuiet: Bool

    init(_ files: [KeyLogFile], isQuiet: Bool) {
        keyLogs = files.map { GrowingKeyLog($0) }
        self.isQuiet = isQuiet
    }

    /// Reads what is new in the key logs.
    ///
    /// - Parameters:
    ///   - store: Receives their secrets.
    ///   - packet: The number of the next packet.
    mutating func refresh(_ store: SecretStore, from packet: UInt64) {
        for index in keyLogs.indices {
            guard let problem = keyLogs[index].refresh(store, from: packet), !isQuiet else { continue }
            complainIfPossible(TerminalText.safe("\(keyLogs[index].path): \(problem)"))
        }
    }
}

/// One of them.
private struct GrowingKeyLog {
    private var file: KeyLogFile
    /// Where the unread lines begin; the last line may be incomplete.
    private var readUpTo: UInt64 = 0
    /// The size when it was read last.
    private var size: UInt64 = 0
    /// How often another file has taken its place.
    private var successors = 0
    private var hasComplained = false

    /// The most files opened in place of one: each stays open, since its lines are read when they are needed.
    private static let successorLimit = 64

    init(_ file: KeyLogFile) {
        self.file = file
    }

    var path: String { file.path }

    /// Reads what is new; returns a message for the user, once.
    mutating func refresh(_ store: SecretStore, from packet: UInt64) -> String? {
        readOn(store, from: packet)
        switch file.successor() {
        case .none: return nil
        case .file(let next):
            guard successors < Self.successorLimit else {
                return complaint("was replaced too often, and is not followed any further")
            }
            successors += 1
            (file, readUpTo, size, hasComplained) = (next, 0, 0, false)
            readOn(store, from: packet)
            return nil
        case .unreadable(let reason):
            return complaint("a file that takes its place cannot be read: \(reason)")
        }
    }

    private mutating func complaint(_ text: String) -> String? {
        defer { hasComplained = true }
        return hasComplained ? nil : text
    }

    private mutating func readOn(_ store: SecretStore, from packet: UInt64) {
        let newSize = file.size
        // An incomplete last line is read again, but only after more has come.
        guard newSize != size else { return }
        if newSize < size { readUpTo = 0 }
        size = newSize
        readUpTo = store.add(file, startingAt: readUpTo, from: packet)
    }
}
