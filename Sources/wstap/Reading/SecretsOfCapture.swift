import PacketCapture
import TLSDecryption
import WireFormat

/// The secrets of a capture: those of key logs, and those that stand in the capture itself.
struct SecretsOfCapture {
    let store: SecretStore
    /// Whether secrets are found while packets are read; else all of them are there from the beginning.
    private let comeWithPackets: Bool
    private var taken = 0
    /// The key logs, if they are followed.
    private var growing: GrowingKeyLogs?

    /// - Parameters:
    ///   - keyLogs: The key logs.
    ///   - paths: The capture's files.
    ///   - areRegular: Whether all of them are regular files.
    ///   - following: Whether to follow the key logs, as the capture is followed.
    ///   - isQuiet: Whether not to say what of them cannot be followed.
    init(
        _ keyLogs: [KeyLogFile], paths: [String], areRegular: Bool, following: Bool = false, isQuiet: Bool = false
    ) {
        // Standard input, if it is a file, can be opened again where the system gives it a name of its own.
        let names = paths.map { $0 == "-" ? Self.standardInput : $0 }
        let canSearch = areRegular && (!paths.contains("-") || access(Self.standardInput, R_OK) == 0)
        comeWithPackets = !canSearch
        // Secrets may stand after the packets that need them.
        store = canSearch ? SecretStore(searching: { Self.scan(names) }) : SecretStore(mayGrow: true)
        guard following else {
            for keyLog in keyLogs { store.add(keyLog) }
            return
        }
        growing = GrowingKeyLogs(keyLogs, isQuiet: isQuiet)
        growing?.refresh(store, from: 0)
    }

    /// What Linux calls it.
    private static let standardInput = "/proc/self/fd/0"

    /// Takes over the secrets that stand before the batch that was just read.
    mutating func take(_ capture: borrowing MergedCapture) {
        guard comeWithPackets, growing != nil || capture.secrets.count > taken else { return }
        // Without a batch, the capture is over.
        let packet = capture.batch.count > 0 ? capture.batch.number(0) : capture.packetCount &+ 1
        growing?.refresh(store, from: packet)
        guard capture.secrets.count > taken else { return }
        CoreDumps.forbid()
        for secrets in capture.secrets[taken...] where secrets.type == CaptureSecrets.keyLog {
            store.add(secrets.bytes, from: packet)
        }
        taken = capture.secrets.count
    }

    /// Reads files for their secrets alone.
    private static func scan(_ paths: [String]) -> [[UInt8]] {
        paths.filter(mayHaveSecrets).flatMap { path -> [[UInt8]] in
            guard var capture = try? MergedCapture(paths: [path]) else { return [] }
            while capture.readBatch() {}
            if !capture.secrets.isEmpty { CoreDumps.forbid() }
            return capture.secrets.filter { $0.type == CaptureSecrets.keyLog }.map(\.bytes)
        }
    }

    /// Whether a file is pcapng, or compressed, so that it may be.
    private static func mayHaveSecrets(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var magic: [UInt8] = [0, 0, 0, 0]
        return read(descriptor, &magic, 4) == 4 && CaptureSecrets.mayBe(inFileThatBeginsWith: magic)
    }
}
