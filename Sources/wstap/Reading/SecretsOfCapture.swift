import PacketCapture
import TLSDecryption
import WireFormat

/// The secrets of a capture: from key logs, and from the capture itself.
struct SecretsOfCapture {
    let store: SecretStore
    /// Whether secrets are found while packets are read; otherwise all are known from the beginning.
    private let comeWithPackets: Bool
    private var taken = 0
    /// The key logs, if they are followed.
    private var growing: GrowingKeyLogs?

    /// - Parameters:
    ///   - keyLogs: The key logs.
    ///   - paths: The capture's files.
    ///   - areRegular: Whether all of them are regular files.
    ///   - following: Whether to follow the key logs, as the capture is followed.
    ///   - isQuiet: Whether to suppress messages about key logs that cannot be followed.
    init(
        _ keyLogs: [KeyLogFile], paths: [String], areRegular: Bool, following: Bool = false, isQuiet: Bool = false
    ) {
        // Standard input, if it is a file, can be opened again if the system has a path for it.
        let names = paths.map { $0 == "-" ? Self.standardInput : $0 }
        let canSearch = areRegular && (!paths.contains("-") || access(Self.standardInput, R_OK) == 0)
        comeWithPackets = !canSearch
        // Secrets may come after the packets that need them.
        store = canSearch ? SecretStore(searching: { Self.scan(names) }) : SecretStore(mayGrow: true)
        guard following else {
            for keyLog in keyLogs { store.add(keyLog) }
            return
        }
        growing = GrowingKeyLogs(keyLogs, isQuiet: isQuiet)
        growing?.refresh(store, from: 0)
    }

    /// Linux's path for it.
    private static let standardInput = "/proc/self/fd/0"

    /// Takes over the secrets that precede the batch just read.
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

    /// Reads only the secrets of files.
    private static func scan(_ paths: [String]) -> [[UInt8]] {
        paths.filter(mayHaveSecrets).flatMap { path -> [[UInt8]] in
            guard var capture = try? MergedCapture(paths: [path]), capture.part?.mayHaveSecrets != false else {
                return []
            }
            while capture.readBatch() {}
            if !capture.secrets.isEmpty { CoreDumps.forbid() }
            return capture.secrets.filter { $0.type == CaptureSecrets.keyLog }.map(\.bytes)
        }
    }

    /// Whether a file is pcapng, or compressed and may be pcapng.
    private static func mayHaveSecrets(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var magic: [UInt8] = [0, 0, 0, 0]
        return read(descriptor, &magic, 4) == 4 && CaptureSecrets.mayBe(inFileThatBeginsWith: magic)
    }
}
