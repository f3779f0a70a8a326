import TLSDecryption
import TraceOutput

/// Key logs that may still be written.
///
/// They are followed as `tail -F` follows files: by what is appended, from the beginning if they are written anew, and
/// by name if another file takes their place and may be opened. The old file is read on too: its writer may not have
/// noticed.
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
            keyLogs[index].readOn(store, from: packet)
            switch keyLogs[index].successor() {
            case .none: continue
            case .keyLog(var next):
                // The first lines of the new file are known as early as the last ones of the old.
                keyLogs[index].readOn(store, from: packet)
                next.readOn(store, from: packet)
                keyLogs.append(next)
            case .problem(let text):
                if !isQuiet { complainIfPossible(TerminalText.safe("\(keyLogs[index].path): \(text)")) }
            }
        }
    }
}

/// One of them.
private struct GrowingKeyLog {
    private let file: KeyLogFile
    private var followed: FollowedKeyLog
    /// How many files had the name before.
    private let predecessors: Int
    /// Whether another file has the name by now.
    private var isReplaced = false
    private var hasComplained = false

    /// The most files opened in place of one: each stays open, since its lines are read when they are needed.
    private static let successorLimit = 64

    init(_ file: KeyLogFile, predecessors: Int = 0) {
        self.file = file
        self.predecessors = predecessors
        followed = FollowedKeyLog(file)
    }

    var path: String { file.path }

    /// Reads what is new.
    mutating func readOn(_ store: SecretStore, from packet: UInt64) {
        followed.readOn(store, at: file.state, from: packet)
    }

    /// What has taken its place.
    enum Successor {
        /// Nothing, or what was reported already.
        case none
        case keyLog(GrowingKeyLog)
        /// Something that cannot be followed: a message for the user.
        case problem(String)
    }

    /// Checks whether another file has taken its place since it was asked last.
    mutating func successor() -> Successor {
        guard !isReplaced else { return .none }
        switch file.successor() {
        case .none: return .none
        case .file(let next):
            guard predecessors < Self.successorLimit else {
                return complaint("was replaced too often, and is not followed any further")
            }
            isReplaced = true
            return .keyLog(GrowingKeyLog(next, predecessors: predecessors + 1))
        case .unreadable(let reason):
            return complaint("a file that takes its place cannot be read: \(reason)")
        }
    }

    private mutating func complaint(_ text: String) -> Successor {
        defer { hasComplained = true }
        return hasComplained ? .none : .problem(text)
    }
}
