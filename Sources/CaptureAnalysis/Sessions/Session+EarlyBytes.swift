import HTTPUpgrade
import WebSocketProtocol
import WireFormat

extension Session {
    /// Examines bytes of the client that were captured before the response to its upgrade.
    ///
    /// - Returns: Whether they are not frames, and were skipped.
    @inline(never)
    mutating func lookAt(
        early bytes: Span<UInt8>, _ origin: Origin, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        // A client that has received the response sends nothing early, whatever was captured first.
        if let end = accepted?.end, let received = workspace.received(in: origin.packet), received >= end {
            return false
        }
        let client = Role.client.index
        let context = workspace.context(id)
        // Masked frames have a byte beyond ASCII (RFC 6455 5.2).
        let isText =
            frameCount(of: .client) == 0 && streams[client].decoder.isBetweenFrames && bytes.areText
        if isText {
            passText(
                bytes, from: Provenance(role: .client, origin: origin),
                framesOfPeer: frameCount(of: .server), context, &workspace, &sink)
            if let trial = streams[client].search {
                streams[client].beginTrial(expecting: trial.expected, &workspace.resources)
            }
        } else if reportsFirst(.early, of: .client) {
            let offset = streams[client].nextOffset
            workspace.report(Finding(Rule(.earlyFrames), from: .client, at: offset), at: context, into: &sink)
        }
        return isText
    }
}

extension Upgrade {
    /// The number of bytes of text after the response's head, before an apparent frame of the server; nil if there are
    /// none.
    ///
    /// If nothing follows them, they must be empty lines or header fields: other text may be another protocol, and is
    /// examined as bytes in place of a frame.
    private func textAfterHead(_ bytes: Span<UInt8>) -> Int? {
        guard answer.isAcceptValid == true, let end = bytes.leadingLines(from: .server) else { return nil }
        guard !answer.violations.contains(.bodyIn101) else { return nil }
        return end < bytes.count || bytes.areFields ? end : nil
    }

    /// Records whether the bytes after the response's head begin with text, and returns the number of its bytes.
    func passText(in bytes: Span<UInt8>) -> Int {
        guard let count = textAfterHead(bytes) else { return 0 }
        hasTextAfterHead = true
        return count
    }
}
