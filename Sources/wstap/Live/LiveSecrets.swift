import TLSDecryption

/// The secrets of a live capture: key logs that may still be written.
struct LiveSecrets {
    let store = SecretStore(mayGrow: true)
    private var keyLogs: [(file: KeyLogFile, readUpTo: UInt64)]

    init(_ keyLogs: [KeyLogFile]) {
        self.keyLogs = keyLogs.map { ($0, 0) }
        refresh(from: 0)
    }

    /// Reads what was appended to the key logs.
    ///
    /// - Parameter packet: The number of the next packet.
    mutating func refresh(from packet: UInt64) {
        for index in keyLogs.indices {
            let file = keyLogs[index].file
            guard file.hasMore(than: keyLogs[index].readUpTo) else { continue }
            keyLogs[index].readUpTo = store.add(file, startingAt: keyLogs[index].readUpTo, from: packet)
        }
    }
}
