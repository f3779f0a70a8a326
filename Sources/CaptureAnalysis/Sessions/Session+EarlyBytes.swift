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
        let offset = streams[client].decoder.streamOffset
        let isText = streams[client].decoder.frameCount == 0 && bytes.isTextLine
        if reportsFirst(.early, of: .client) {
            let rule = Rule(isText ? .textAfterHead : .earlyFrames)
            workspace.report(Finding(rule, from: .client, at: offset), at: workspace.context(id), into: &sink)
        }
        guard isText else { return false }
        if workspace.options.demand.includesOpenings, !isCarried {
            sink.receiveTextAfterRequest(bytes, at: offset, of: id)
        }
        streams[client].decoder.lose(resources: &workspace.resources)
        streams[client].decoder.resume(at: offset &+ UInt64(bytes.count))
        if streams[client].search != nil { beginTrial(of: .client, &workspace) }
        return true
    }
}

extension Upgrade {
    /// How many bytes of text follow the response's head, before what looks like a frame of the server; nil if none do.
    ///
    /// Where nothing follows, they are empty lines or header fields: other text may be another protocol. No frame of a server
    /// begins like that: its FIN would be missing from a control frame, its opcode be reserved, or a reserved bit be set.
    func textAfterHead(_ bytes: Span<UInt8>) -> Int? {
        guard answer.isAcceptValid == true, !bytes.isEmpty, bytes[0].isText else { return nil }
        var end = 0
        // How long the name is of the field that the line begins with; nil behind it.
        var nameLength: Int? = 0
        var areFields = true
        while end < bytes.count, bytes[end].isText {
            let byte = bytes[end]
            end &+= 1
            if byte == UInt8(ascii: "\n") {
                areFields = areFields && nameLength ?? 0 == 0
                nameLength = 0
            } else if let length = nameLength, byte != UInt8(ascii: "\r") {
                let isColon = byte == UInt8(ascii: ":")
                areFields = areFields && (isColon ? length > 0 : byte.isOfName)
                nameLength = isColon ? nil : length &+ 1
            }
        }
        guard end > 0, bytes[end &- 1] == UInt8(ascii: "\n") else { return nil }
        guard end < bytes.count else { return areFields ? end : nil }
        // FIN, perhaps RSV1; the opcode is not reserved, and the second byte has no mask bit (RFC 6455 5.1, 5.2).
        let opcode = Opcode(rawValue: bytes[end] & 0xf)
        let isFrame = bytes[end] & 0xb0 == 0x80 && !opcode.isReserved && opcode != .continuation
        return isFrame && (end &+ 1 == bytes.count || bytes[end &+ 1] < 0x80) ? end : nil
    }
}

extension UInt8 {
    /// Whether it is one of those that names of fields mostly consist of.
    fileprivate var isOfName: Bool {
        self == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }

    /// Whether it is a byte of ASCII text in lines.
    fileprivate var isText: Bool { (0x20...0x7e).contains(self) || (0x09...0x0d).contains(self) }
}

extension Span<UInt8> {
    /// Whether it is text in lines, and so no frame of a client: the second byte of one has its top bit set
    /// (RFC 6455 5.1, 5.2).
    fileprivate var isTextLine: Bool {
        !isEmpty && self[count - 1] == UInt8(ascii: "\n")
            && indices.allSatisfy { self[$0].isText }
    }
}
