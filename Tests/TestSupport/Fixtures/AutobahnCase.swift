import Foundation

/// What the Autobahn test peer recorded of one of its cases.
public struct AutobahnCase: Sendable, Decodable, CustomStringConvertible {
    /// The case's number, such as "7.3.2".
    public var `case`: String
    /// The Sec-WebSocket-Key of its connection.
    public var key: String
    /// What it thinks of the other end's behaviour.
    public var behavior: String
    /// Whether the test peer was the server.
    public var isServer: Bool
    /// Whether the test peer sent the first Close frame.
    public var closedByMe: Bool
    /// Whether the closing handshake was done, by its word.
    public var wasClean: Bool
    /// The code of the Close frame that it means to have sent.
    public var localCloseCode: Int?
    /// The code of the Close frame that it received.
    public var remoteCloseCode: Int?
    /// The reason in that.
    public var remoteCloseReason: String?
    /// Frames received, by opcode.
    public var rxFrameStats: [Int: Int]
    /// Frames that it means to have sent, by opcode.
    public var txFrameStats: [Int: Int]

    /// As failures name it.
    public var description: String { self.case }

    /// The group, such as 7 of "7.3.2".
    public var group: Int { Int(self.case.prefix { $0 != "." }) ?? 0 }

    /// Which end of the connection the test peer was.
    public var peer: ExpectedMessage.Sender { isServer ? .server : .client }

    /// The cases recorded beside a capture; none where there is no such record.
    ///
    /// Throws when it cannot be read.
    public static func all(of capture: SharedCapture) throws -> [AutobahnCase] {
        let record = capture.capture.deletingLastPathComponent().appending(path: "\(capture.name).cases.jsonl")
        guard FileManager.default.fileExists(atPath: record.path) else { return [] }
        return try Data(contentsOf: record).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(AutobahnCase.self, from: $0)
        }
    }
}
