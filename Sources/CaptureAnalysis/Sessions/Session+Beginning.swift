import HTTPUpgrade
import WebSocketProtocol
import WireFormat

/// What stands in place of the first frame of a stream.
extension Session {
    /// Passes over what is no frame at the beginning of a stream: text, or all of it if it is another protocol.
    ///
    /// - Returns: Whether anything was passed over.
    @inline(never)
    mutating func passBeginning(
        _ input: inout ByteCursor, from role: Role, _ origin: Origin, _ context: EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        let isChunked = role == .server && streams[role.index].brokenRule?.rule == Rule(.bodyIn101)
        switch streams[role.index].decoder.firstBytes(input.rest, isChunked: isChunked) {
        case nil: return false
        case .text(let count):
            passText(input.rest.extracting(first: count), from: role, origin, context, &workspace, &sink)
            input.skip(count)
            return true
        case .foreign(let name):
            let offset = streams[role.index].decoder.streamOffset
            stopBeginning(of: role, &workspace)
            if name?.isOfBothEnds == true, streams[role.peer.index].decoder.isAtFirstFrame {
                stopBeginning(of: role.peer, &workspace)
            }
            reportStop(of: role, at: offset, frame: 0, name, origin, context, &workspace, &sink)
            return true
        }
    }

    private mutating func stopBeginning(of role: Role, _ workspace: inout Workspace) {
        streams[role.index].decoder.lose(resources: &workspace.resources)
        streams[role.index].isStopped = true
    }

    /// Passes over text that stands before the first frame of a stream.
    mutating func passText(
        _ text: Span<UInt8>, from role: Role, _ origin: Origin, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let offset = streams[role.index].decoder.streamOffset
        if workspace.options.demand.includesOpenings, !isCarried {
            sink.receiveTextForFrames(text, at: offset, from: role, of: id)
        }
        streams[role.index].decoder.lose(resources: &workspace.resources)
        streams[role.index].decoder.resume(at: offset &+ UInt64(text.count))
        recordText(from: role, origin)
        if reportsFirst(.text, of: role) {
            let rule = Rule(role == .client ? .textAfterHead : .textAfterAnswer)
            workspace.report(Finding(rule, from: role, at: offset), at: context, into: &sink)
        } else if !text.areFields, reportsFirst(.moreText, of: role) {
            let finding = Finding(Rule(.otherProtocol), ForeignProtocol.text.rawValue, from: role, at: offset)
            workspace.report(finding, at: context, into: &sink)
        }
    }

    /// Records for the verdict that text stands where a frame should: a reason to fail the connection.
    private mutating func recordText(from role: Role, _ origin: Origin) {
        guard streams[role.index].brokenRule == nil, streams[role.peer.index].close == nil else { return }
        streams[role.index].record(
            BrokenRule(
                rule: Rule(role == .client ? .textAfterHead : .textAfterAnswer), isOfUpgrade: true, origin: origin,
                carriedEnd: isCarried ? nil : carriedEnd(of: role),
                framesOfPeer: streams[role.peer.index].decoder.frameCount))
    }
}
