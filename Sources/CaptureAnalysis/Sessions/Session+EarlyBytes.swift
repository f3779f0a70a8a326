import HTTPUpgrade
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
        let context = workspace.context(id)
        let isText = streams[client].decoder.frameCount == 0 && bytes.leadingLines(from: .client) == bytes.count
        if isText {
            passText(bytes, from: .client, origin, context, &workspace, &sink)
            if streams[client].search != nil { beginTrial(of: .client, &workspace) }
        } else if reportsFirst(.early, of: .client) {
            let offset = streams[client].decoder.streamOffset
            workspace.report(Finding(Rule(.earlyFrames), from: .client, at: offset), at: context, into: &sink)
        }
        return isText
    }
}

extension Upgrade {
    /// How many bytes of text follow the response's head, before what looks like a frame of the server; nil if none do.
    ///
    /// Where nothing follows, they are empty lines or header fields: other text may be another protocol, and is looked at as
    /// what stands in place of a frame.
    func textAfterHead(_ bytes: Span<UInt8>) -> Int? {
        guard answer.isAcceptValid == true, let end = bytes.leadingLines(from: .server) else { return nil }
        guard !answer.violations.contains(.bodyIn101) else { return nil }
        return end < bytes.count || bytes.areFields ? end : nil
    }
}

extension Span<UInt8> {
    /// Whether each line is empty or begins with the name of a field and a colon (RFC 9112 5).
    var areFields: Bool {
        // How long the name is of the field that the line begins with; nil behind it.
        var nameLength: Int? = 0
        for index in indices {
            let byte = self[index]
            if byte == UInt8(ascii: "\n") {
                guard nameLength ?? 0 == 0 else { return false }
                nameLength = 0
            } else if let length = nameLength, byte != UInt8(ascii: "\r") {
                let isColon = byte == UInt8(ascii: ":")
                guard isColon ? length > 0 : byte.isOfName else { return false }
                nameLength = isColon ? nil : length &+ 1
            }
        }
        return true
    }
}

extension UInt8 {
    /// Whether it is one of those that names of fields mostly consist of.
    fileprivate var isOfName: Bool {
        self == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}
