import HTTPUpgrade
import TCPReassembly
import WireFormat

/// How connections without WebSocket are counted.
extension Shard {
    /// Records a connection that certainly carries something else, if its opening was seen and there is room.
    mutating func recordOther(_ feed: Feed) {
        guard totals.hasRoomForOther, feed.channel == nil, table.connections[feed.connection].isOpeningKnown else {
            return
        }
        totals.recordOther(firstSeenWith: readers.records[feed.connection.index])
    }

    /// Counts the connections without WebSocket that are still open.
    mutating func countOthers(_ workspace: inout Workspace) {
        for slot in table.connections.slots where table.connections.isUsed(slot) {
            countOther(Feed(slot), &workspace)
        }
    }

    /// Counts a connection without a session that is forgotten before it is over.
    mutating func countEvicted(_ slot: Slot<TCPConnection>, _ workspace: inout Workspace) {
        guard !table.connections[slot].isClosed else { return }
        switch readers.connections[slot.index].reader {
        case .none: workspace.summary.others.evicted &+= 1
        case .opening(let opening)
        where !readers.openings[opening].isSearchCut && !readers.openings[opening].isSearchAbandoned:
            workspace.summary.others.evicted &+= 1
        case .opening, .stopped, .session, .layer, .ignored: break
        }
    }

    /// Counts what has no session by what was seen on it.
    mutating func countOther(_ feed: Feed, _ workspace: inout Workspace) {
        switch readers.reader(of: feed) {
        case .none where feed.channel == nil:
            if table.connections[feed.connection].isOpeningKnown {
                workspace.summary.others.silent &+= 1
                countFailed(feed.connection, &workspace)
            } else {
                workspace.summary.others.midstream &+= 1
            }
        case .opening(let opening):
            if readers.openings[opening].hasRecognizedNothing {
                workspace.summary.others.midstream &+= 1
            } else {
                countHTTP(opening, of: feed, &workspace)
            }
        case .none, .stopped, .session, .layer, .ignored: break
        }
    }

    /// Counts a connection with HTTP or an unknown protocol.
    mutating func countHTTP(_ opening: Slot<OpeningReader>, of feed: Feed, _ workspace: inout Workspace) {
        let traffic = readers.openings[opening].traffic
        workspace.summary.others.count(traffic)
        guard !traffic.isDisjoint(with: [.polling, .eventStream]) else { return }
        let server = table.connections[feed.connection].endpoint(sending: readers.openings[opening].client.opposite)
        totals.count(traffic, with: server)
    }

    /// Counts a connection without data if it was refused or not answered.
    private mutating func countFailed(_ slot: Slot<TCPConnection>, _ workspace: inout Workspace) {
        guard table.connections[slot].synAck == nil else { return }
        let server = table.connections[slot].responder
        if let reset = table.connections[slot].reset, reset.from == .fromResponder {
            totals.countRefused(by: server, in: &workspace.summary)
        } else if table.connections[slot].isOnlySYN {
            totals.countUnanswered(by: server, in: &workspace.summary)
        }
    }
}
