package import Foundation

/// A capture of `../shared/captures`, next to the repository, where captures are larger and more numerous than in
/// `fixtures/`.
package struct SharedCapture: Sendable, CustomStringConvertible {
    /// The feature that an analysis needs to read the capture.
    package enum Group: String, CaseIterable, Sendable {
        /// No special feature.
        case plain
        /// Gaps, tunnels, damaged or unusual files.
        case hostile
        /// TLS.
        case tls
        /// WebSocket over HTTP/2 (RFC 8441).
        case http2
        /// WebSocket over HTTP/3 (RFC 9220).
        case http3
    }

    /// The file's name without its extension.
    package let name: String
    /// The capture.
    package let capture: URL
    /// The TLS secrets that belong to it; nil if there are none.
    package let keyLog: URL?
    /// The feature needed to read it.
    package let group: Group
    /// What must be found.
    package let expectation: Expectation

    /// The name in failures.
    package var description: String { name }

    /// The captures of some groups, by name; none if the folder is absent.
    ///
    /// Throws if a log cannot be read.
    package static func all(_ groups: Set<Group> = Set(Group.allCases)) throws -> [SharedCapture] {
        guard let folder = Repository.sharedCaptures else { return [] }
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.sorted { $0.path < $1.path }.compactMap { file in
            guard let end = file.lastPathComponent.firstRange(of: ".pcap"),
                case let name = String(file.lastPathComponent[..<end.lowerBound]),
                case let group = group(of: name), groups.contains(group)
            else { return nil }
            let keyLog = folder.appending(path: "\(name).keys")
            let log = try EndpointLog(contentsOf: folder.appending(path: "\(name).truth.jsonl"))
            return SharedCapture(
                name: name, capture: file,
                keyLog: FileManager.default.fileExists(atPath: keyLog.path) ? keyLog : nil, group: group,
                expectation: Expectation(
                    connections: log.connections.map { name.hasPrefix("swoole") ? $0.withoutInventedCode : $0 },
                    messagesAtLeast: messagesAtLeast(in: name),
                    unloggedFrom: unloggedEnds(of: name)))
        }
    }

    private static func group(of name: String) -> Group {
        if name.hasAny(["h2-", "h2c-"]) { return .http2 }
        if name.hasAny(["h3-"]) { return .http3 }
        if name.hasAny(["tls-", "wss-", "chromium-wss-", "cont-dsb-", "nginx-tls-"]) || name.hasSuffix("-tls13") {
            return .tls
        }
        let hostile = [
            "craft-gap", "craft-midstart", "craft-nosyn", "craft-oneway", "craft-snaplen", "craft-overlap",
            "craft-bogus", "craft-frag", "craft-geneve", "craft-gre", "craft-ipip", "craft-mpls", "craft-pppoe",
            "craft-vxlan", "cont-badlen", "cont-gz", "cont-lz4", "cont-zst", "cont-ng", "cont-multiif",
            "cont-twosections", "cont-truncated", "net-any-doubled",
        ]
        return name.hasAny(hostile) ? .hostile : .plain
    }

    /// The fewest messages that must be found in a capture that lacks some that its endpoints sent; nil for other
    /// captures.
    private static func messagesAtLeast(in name: String) -> Int? {
        let kept = [
            "craft-gap-a": 90, "craft-midstart-a": 66, "craft-oneway-a": 47, "craft-nosyn-a": 96,
            "tls-gap-a": 80, "tls-midstart-a": 40, "tls-missing-keys-a": 80,
        ]
        let holes = [
            "craft-gap", "craft-midstart", "craft-nosyn", "craft-oneway", "craft-snaplen", "cont-truncated",
            "cont-badlen", "cont-gz-truncated", "cont-ng-truncated",
            "tls-gap", "tls-midstart", "tls-missing-keys", "tls-java-nokeys",
        ]
        return name.hasAny(holes) ? kept[name, default: 0] : nil
    }

    /// The ends that sent messages which neither end logged.
    private static func unloggedEnds(of name: String) -> Set<ExpectedMessage.Sender> {
        name.hasAny(["ab-", "raw-violations", "sub-mqtt"]) ? [.client, .server] : []
    }
}

extension ExpectedConnection {
    /// Swoole gives its application 1000 if the Close frame has no code; for the client that is 1005.
    fileprivate var withoutInventedCode: ExpectedConnection {
        guard serverSees == 1000, clientSees == 1005 else { return self }
        var connection = self
        connection.serverSees = nil
        connection.closes.removeAll { $0.from == .client }
        return connection
    }
}

extension String {
    fileprivate func hasAny(_ prefixes: [String]) -> Bool {
        prefixes.contains(where: hasPrefix)
    }
}

/// The Autobahn test peer's record of a case.
package struct AutobahnCase: Sendable, Decodable, CustomStringConvertible {
    /// The case's number, such as "7.3.2".
    package var `case`: String
    /// The Sec-WebSocket-Key of its connection.
    package var key: String
    /// Its judgment of the other end's behaviour.
    package var behavior: String
    /// Whether the test peer was the server.
    package var isServer: Bool
    /// Whether the test peer sent the first Close frame.
    package var closedByMe: Bool
    /// Whether the closing handshake was completed, according to the test peer.
    package var wasClean: Bool
    /// The code of the Close frame that it means to have sent.
    package var localCloseCode: Int?
    /// The code of the Close frame that it received.
    package var remoteCloseCode: Int?
    /// The reason in that Close frame.
    package var remoteCloseReason: String?
    /// Frames received, by opcode.
    package var rxFrameStats: [Int: Int]
    /// Frames that it means to have sent, by opcode.
    package var txFrameStats: [Int: Int]

    /// The name in failures.
    package var description: String { self.case }

    /// The group, such as 7 of "7.3.2".
    package var group: Int { Int(self.case.prefix { $0 != "." }) ?? 0 }

    /// The test peer's end of the connection.
    package var peer: ExpectedMessage.Sender { isServer ? .server : .client }

    /// The cases recorded with a capture; none if there is no such record.
    ///
    /// Throws if the record cannot be read.
    package static func all(of capture: SharedCapture) throws -> [AutobahnCase] {
        let record = capture.capture.deletingLastPathComponent().appending(path: "\(capture.name).cases.jsonl")
        guard FileManager.default.fileExists(atPath: record.path) else { return [] }
        return try Data(contentsOf: record).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(AutobahnCase.self, from: $0)
        }
    }
}
