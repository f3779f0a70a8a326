import WebSocketProtocol
import WireFormat

extension Session {
    /// Looks at bytes of the client that were captured before the response to its upgrade.
    ///
    /// - Returns: Whether they are no frames, and were passed over.
    @inline(never)
    mutating func lookAt(
        early bytes: Span<UInt8>, _ origin: Origin, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        // Who has received the response sends nothing early, whatever was captured first.
        if openingEnd < .max, let received = workspace.received(in: origin.packet), received >= openingEnd {
            return false
        }
        let client = Role.client.index
        let offset = streams[client].decoder.streamOffset
        let isText = streams[client].decoder.frameCount == 0 && bytes.isTextLine
        if reportsFirst(.early, of: .client) {
            let rule = Rule(isText ? .textAfterHead : .earlyFrames)
            workspace.report(Finding(rule, from: .client, at: offset), at: workspace.context(id), into: &sink)
        }
        guard isText else { return false }
        streams[client].decoder.lose(resources: &workspace.resources)
        streams[client].decoder.resume(at: offset &+ UInt64(bytes.count))
        if streams[client].search != nil { beginTrial(of: .client, &workspace) }
        return true
    }
}

extension Span<UInt8> {
    /// Whether it is text in lines, and so no frame of a client: the second byte of one has its top bit set
    /// (RFC 6455 5.1, 5.2).
    fileprivate var isTextLine: Bool {
        !isEmpty && self[count - 1] == UInt8(ascii: "\n")
            && indices.allSatisfy { (0x20...0x7e).contains(self[$0]) || (0x09...0x0d).contains(self[$0]) }
    }
}
