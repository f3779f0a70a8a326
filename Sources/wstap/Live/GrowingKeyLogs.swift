import TLSDecryption
import TraceOutput

/// Key logs that may still be written.
///
/// They are followed as `tail -F` follows files: by what is appended, from the beginning if they are written anew, and
/// by name if another file takes their place and may be opened.
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
    /// How it was when it was read last.
    private var state = KeyLogFile.State()
    /// A digest of some of what was read: it is another one if the file was written anew.
    private var digest = 0
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
            (file, readUpTo, digest, state, hasComplained) = (next, 0, 0, KeyLogFile.State(), false)
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
        let newState = file.state
        // An incomplete last line is read again, but only after more has come.
        guard newState != state else { return }
        // A file that was written anew may be as long as before, or longer.
        if newState.size < readUpTo || digest != digestOfRead {
            store.forget(file)
            readUpTo = 0
        }
        state = newState
        readUpTo = store.add(file, startingAt: readUpTo, from: packet)
        digest = digestOfRead
    }

    /// A digest of the first and the last bytes of what was read; 0 if nothing was.
    private var digestOfRead: Int {
        guard readUpTo > 0 else { return 0 }
        let count = min(readUpTo, 1024)
        var hasher = Hasher()
        hasher.combine(file.read(at: 0, count: Int(count)))
        hasher.combine(file.read(at: readUpTo - count, count: Int(count)))
        return hasher.finalize()
    }
}
