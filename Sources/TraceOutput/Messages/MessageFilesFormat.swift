package import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// Saves each message as a file, and prints an index of them: one JSON object per line.
///
/// Names consist only of numbers and words of our own: connection, number of the message in its session, sender,
/// opcode, and an extension that fits the content.
package struct MessageFilesFormat<Store: MessageStore>: OutputFormat, ~Copyable {
    package var output = OutputBuffer()
    private let store: Store
    private let limit: UInt64
    private var clock = RFC3339Clock()
    private var sessions: [SessionID: Session] = [:]
    private var fileCount: UInt64 = 0

    private struct Session {
        var identity: SessionIdentity
        var messages: UInt64 = 0
    }

    /// Creates the format.
    ///
    /// - Parameters:
    ///   - store: Where the files go.
    ///   - limit: The most files.
    package init(store: Store, limit: UInt64) {
        self.store = store
        self.limit = limit
    }

    /// A session in the dictionary, which grows by copying, in bytes.
    package static var sessionByteCount: Int { 3 * (MemoryLayout<Session>.stride + MemoryLayout<SessionID>.stride) }

    package var demand: EventDemand {
        var demand = EventDemand.totals
        demand.includesFrames = true
        demand.payload = PayloadDemand(bytes: .max, includesFrames: false)
        return demand
    }

    package mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        switch event {
        case .connection(let start): sessions[context.session] = Session(identity: start.identity)
        case .handshake(let handshake): sessions[context.session]?.identity = handshake.identity
        case .message(let message): save(message, at: context, payload)
        case .end: sessions[context.session] = nil
        default: break
        }
    }

    private mutating func save(
        _ event: borrowing MessageEvent, at context: borrowing EventContext, _ payload: Span<UInt8>
    ) {
        guard var session = sessions.removeValue(forKey: context.session) else { return }
        session.messages &+= 1
        sessions[context.session] = session
        let message = event.message
        var isSaved = false
        var name = ""
        if case .withheld = message.payload {
        } else {
            name = Self.name(context.session, session.messages, event.from, isText: message.isText, payload)
            guard fileCount < limit else {
                store.messagesBeyondLimit &+= 1
                return
            }
            isSaved = store.save(name, payload)
            if isSaved {
                fileCount &+= 1
                if case .truncated = message.payload { store.truncatedMessages &+= 1 }
            }
        }
        output.append(#"{"file":"#)
        if isSaved { output.append(jsonString: name) } else { output.append("null") }
        output.append(.connection)
        output.append(decimalOrNull: context.connection)
        if let stream = context.session.stream { output.write(.stream, stream) }
        output.write(.sessionID, session.identity.sessionID)
        output.write(.url, session.identity.url)
        output.append(#","time":""#)
        clock.append(event.origin.time, to: &output)
        output.append("\"")
        output.write(.packet, event.origin.packet)
        output.write(.firstPacket, event.firstPacket)
        output.append(sender: event.from)
        output.write(.messageIndex, event.index)
        output.write(.opcode, message.isText ? "text" : "binary")
        output.write(.complete, message.isComplete)
        output.write(.length, message.length)
        switch message.payload {
        case .withheld(let reason): output.write(.payloadWithheld, reason.rawValue)
        case .truncated: output.write(.payloadTruncated, true)
        case .whole: break
        }
        if isSaved { output.write(.sha256, Base16.encode(SHA256.digest(of: payload).span)) }
        output.append("}\n")
    }

    private static func name(
        _ session: SessionID, _ number: UInt64, _ from: Role, isText: Bool, _ payload: Span<UInt8>
    ) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 6 - digits.count))
        let stream = session.stream.map { ".\($0)" } ?? ""
        return "\(session.connection)\(stream)-\(zeros)\(digits)-\(from == .client ? "client" : "server")-"
            + "\(isText ? "text" : "binary").\(ContentKind(of: payload).fileExtension)"
    }
}

/// Where messages are saved.
package protocol MessageStore: AnyObject, Sendable {
    /// How many messages were not saved, because there were too many.
    var messagesBeyondLimit: UInt64 { get set }
    /// How many messages were saved only in part, because they were longer than what is kept of one.
    var truncatedMessages: UInt64 { get set }

    /// Saves a message as a new file; returns whether that succeeded.
    func save(_ name: String, _ bytes: Span<UInt8>) -> Bool
}
