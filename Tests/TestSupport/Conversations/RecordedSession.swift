import Foundation
package import WireFormat

/// A session recorded with OpenSSL (`fixtures/recording/write-tls.py`).
package struct RecordedSession: Sendable {
    package static let names = [
        "tls13-aes128gcm", "tls13-aes256gcm", "tls13-chacha20", "tls13-aes128ccm", "tls13-aes128ccm8", "tls13-resumed",
        "tls12-aes128gcm", "tls12-aes256gcm", "tls12-chacha20", "tls12-aes128ccm", "tls12-aes256ccm8",
        "tls12-aes128cbc-sha1-etm", "tls12-aes128cbc-sha256-mte", "tls12-aes256cbc-sha384-etm",
        "tls12-aes256cbc-sha1-mte", "tls12-resumed-by-id", "tls12-resumed-by-ticket", "tls11-aes128cbc-sha1",
        "tls10-aes256cbc-sha1-mte", "tls10-aes128cbc-sha1-etm", "tls10-aes128cbc-sha256-mte",
        "tls10-aes256cbc-sha384-etm",
    ]

    package private(set) var keyLog = ""
    package private(set) var suite = ""
    /// The bytes sent, in order.
    package private(set) var pieces: [(direction: Direction, bytes: [UInt8])] = []
    /// What each end's application sent, by ``Direction/index``.
    package private(set) var plaintext: [[UInt8]] = [[], []]

    /// The same in the order of sending, for sessions that use WebSocket.
    package private(set) var said: [(direction: Direction, bytes: [UInt8])] = []

    package init(_ name: String) throws {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../TLSDecryptionTests/Recorded")
        let text = try String(contentsOf: directory.appending(path: name + ".txt"), encoding: .utf8)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            switch words[0] {
            case "key": keyLog += words[1] + "\n"
            case "suite": suite = words[1]
            case "client": pieces.append((.fromInitiator, bytes(hex: words[1])))
            case "server": pieces.append((.fromResponder, bytes(hex: words[1])))
            case "said":
                let parts = words[1].split(separator: " ").map(String.init)
                said.append((parts[0] == "client" ? .fromInitiator : .fromResponder, bytes(hex: parts[1])))
            default:
                let parts = words[1].split(separator: " ").map(String.init)
                plaintext[parts[0] == "client" ? 0 : 1] = bytes(hex: parts[1])
            }
        }
    }
}

/// The bytes that hexadecimal digits stand for; other characters are skipped.
package func bytes(hex: some StringProtocol) -> [UInt8] {
    let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue.map { UInt8($0) } }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
