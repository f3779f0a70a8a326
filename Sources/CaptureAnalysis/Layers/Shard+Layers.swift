import TCPReassembly
import WireFormat

/// How bytes pass through layers to the readers of the streams that those carry.
extension Shard {
    /// Asks the providers for a layer.
    mutating func layer(
        for moment: LayerOffer.Moment, _ bytes: Span<UInt8>, at place: StreamPlace, of feed: Feed,
        _ options: AnalysisOptions
    ) -> (any StreamLayer)? {
        let depth = readers.depth(of: feed)
        guard depth < LayerReader.depthLimit else { return nil }
        let slot = feed.connection
        let offer = LayerOffer(
            moment: moment, direction: place.direction, initiator: table.connections[slot].initiator,
            responder: table.connections[slot].responder, isOpeningKnown: isOpeningKnown(feed), depth: depth)
        for provider in options.layers {
            if let layer = provider.layer(for: offer, startingWith: bytes) { return layer }
        }
        return tls.layer(for: offer, startingWith: bytes)
    }

    /// Makes a layer the reader of two streams.
    mutating func beginLayer(_ layer: any StreamLayer, of feed: Feed, _ workspace: inout Workspace) {
        var reader = LayerReader(layer, depth: readers.depth(of: feed) &+ 1, parent: feed.channel)
        _ = reader.charge(&memory.layers)
        readers.setReader(of: feed, .layer(readers.layers.insert(reader)))
    }

    /// Passes bytes to a layer, and what it decodes to the readers.
    mutating func unwrap(
        _ bytes: Span<UInt8>, at place: StreamPlace, _ layer: Slot<LayerReader>, of feed: Feed,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        var output = workspace.spare.takeOutput()
        readers.layers[layer].layer.receive(bytes, at: place, into: &output)
        return finish(&output, of: layer, of: feed, &workspace, &sink)
    }

    /// Passes a gap to a layer, and what follows from it to the readers.
    mutating func unwrapGap(
        _ length: UInt64?, at place: StreamPlace, _ layer: Slot<LayerReader>, of feed: Feed,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        var output = workspace.spare.takeOutput()
        readers.layers[layer].layer.skip(length, at: place, into: &output)
        return finish(&output, of: layer, of: feed, &workspace, &sink)
    }

    /// Delivers what a layer decoded, and gives the layer up if it keeps more than it may.
    private mutating func finish(
        _ output: inout LayerOutput, of layer: Slot<LayerReader>, of feed: Feed, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        for index in output.pieces.indices {
            let next = output.packet(afterGap: index)
            hand(
                output.pieces[index], output.bytes.span, before: next, from: layer, feed.connection, &workspace, &sink)
        }
        workspace.spare.giveBack(&output)
        if !readers.layers[layer].charge(&memory.layers) {
            workspace.summary.others.oversizedHeads &+= 1
            end(layer, of: feed, cause: .captureEnd, &workspace, &sink)
            readers.setReader(of: feed, .ignored)
        }
        return Intake()
    }

    /// Delivers a piece to its reader.
    private mutating func hand(
        _ piece: LayerOutput.Piece, _ bytes: Span<UInt8>, before next: UInt64, from layer: Slot<LayerReader>,
        _ slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        switch piece.content {
        case .alert(let alert): return report(alert, from: piece.direction, layer, &workspace, &sink)
        case .problem(let problem): return report(problem, from: piece.direction, layer, &workspace, &sink)
        case .bytes, .gap, .end: break
        }
        guard let channel = channel(of: piece, layer) else { return }
        let feed = Feed(slot, channel)
        switch piece.content {
        case .alert, .problem: return
        case .bytes(let range):
            let part = bytes.extracting(range)
            let place = readers.channels[channel].advance(piece, by: UInt64(part.count))
            if readers.channels[channel].isWaiting(piece.direction) {
                let held = Channel.Held(place: place, bytes: ArraySlice(copying: part), gap: nil)
                readers.channels[channel].wait(held, budget: &table.budget)
            } else {
                hand(part, at: place, of: feed, channel, &workspace, &sink)
            }
        case .gap(let length):
            let place = readers.channels[channel].advance(piece, by: length ?? 0)
            if readers.channels[channel].isWaiting(piece.direction) {
                readers.channels[channel].wait(
                    Channel.Held(place: place, bytes: [], gap: length), budget: &table.budget)
            } else {
                handGap(length, at: place, before: next, of: feed, channel, &workspace, &sink)
            }
        case .end:
            endChannel(channel, slot, cause: .closed, &workspace, &sink)
            readers.layers[layer].remove(channel)
            readers.channels.remove(channel)
            return
        }
        drain(channel, of: feed, &workspace, &sink)
    }

    private mutating func hand(
        _ bytes: Span<UInt8>, at place: StreamPlace, of feed: Feed, _ channel: Slot<Channel>,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let intake = read(bytes, at: place, of: feed, &workspace, &sink)
        if intake.unread > 0 {
            let rest = place.dropping(bytes.count &- intake.unread, outOf: bytes.count)
            let held = Channel.Held(
                place: rest, bytes: ArraySlice(copying: bytes.extracting(last: intake.unread)), gap: nil)
            readers.channels[channel].pause(held, budget: &table.budget)
        }
        if intake.wakesOther { readers.channels[channel].resume(place.direction.opposite) }
    }

    private mutating func handGap(
        _ length: UInt64?, at place: StreamPlace, before next: UInt64, of feed: Feed, _ channel: Slot<Channel>,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard skip(length, at: place, before: next, of: feed, &workspace, &sink) else { return }
        readers.channels[channel].pause(Channel.Held(place: place, bytes: [], gap: length), budget: &table.budget)
    }

    /// Delivers the waiting pieces of both streams of a channel.
    mutating func drain(
        _ channel: Slot<Channel>, of feed: Feed, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        // The usual case for records.
        if readers.channels[channel].isIdle, table.budget >= 0 { return }
        var direction = Direction.fromInitiator
        var idle = 0
        while idle < 2 {
            guard let held = readers.channels[channel].popFirst(direction, budget: &table.budget) else {
                let mustStop = readers.channels[channel].isOverfull(table.limits) || table.budget < 0
                // The other stream waits in vain for a stream that cannot be decrypted.
                if mustStop || idle == 1 && isHalfHidden(feed), stopExpecting(feed) {
                    idle = 0
                    continue
                }
                if mustStop { return stopWaiting(feed, &workspace, &sink) }
                direction = direction.opposite
                idle &+= 1
                continue
            }
            let before = readers.channels[channel].next[direction.index]
            if let gap = held.gap {
                let next = readers.channels[channel].firstWaiting(direction) ?? held.place.origin.packet
                handGap(gap, at: held.place, before: next, of: feed, channel, &workspace, &sink)
            } else {
                hand(held.bytes.span, at: held.place, of: feed, channel, &workspace, &sink)
            }
            if readers.channels[channel].next[direction.index] == before { idle = 0 }
        }
    }

    /// The channel of a piece, opened for its first one; nil if it is not followed.
    private mutating func channel(of piece: LayerOutput.Piece, _ layer: Slot<LayerReader>) -> Slot<Channel>? {
        if let channel = readers.layers[layer].channel(of: piece.stream) { return channel }
        switch piece.content {
        case .bytes, .gap: break
        case .end, .alert, .problem: return nil
        }
        guard readers.layers[layer].channelCount < LayerReader.channelLimit else { return nil }
        let channel = readers.channels.insert(Channel(of: layer, stream: piece.stream))
        readers.layers[layer].add(channel, of: piece.stream)
        return channel
    }

    /// Delivers the waiting pieces of a layer's channels, since nothing more will come.
    mutating func flush(
        _ layer: Slot<LayerReader>, _ slot: Slot<TCPConnection>, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var output = workspace.spare.takeOutput()
        readers.layers[layer].layer.finish(into: &output)
        for index in output.pieces.indices {
            let next = output.packet(afterGap: index)
            hand(
                output.pieces[index], output.bytes.span, before: next, from: layer, slot, &workspace, &sink)
        }
        workspace.spare.giveBack(&output)
        for channel in readers.layers[layer].channels { flush(Feed(slot, channel), channel, &workspace, &sink) }
    }

    private mutating func flush(
        _ feed: Feed, _ channel: Slot<Channel>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        readers.channels[channel].resume(.fromInitiator)
        readers.channels[channel].resume(.fromResponder)
        drain(channel, of: feed, &workspace, &sink)
        if stopExpecting(feed) { drain(channel, of: feed, &workspace, &sink) }
        flushReader(of: feed, &workspace, &sink)
    }

    /// Ends everything that a layer carries, and forgets the layer.
    mutating func end(
        _ layer: Slot<LayerReader>, of feed: Feed, cause: EndCause, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        for channel in readers.layers[layer].channels {
            endChannel(channel, feed.connection, cause: cause, &workspace, &sink)
            readers.layers[layer].remove(channel)
            readers.channels.remove(channel)
        }
        readers.layers[layer].layer.count(in: &workspace.summary)
        reportEncrypted(layer, of: feed, cause, &workspace, &sink)
        readers.layers[layer].release(&memory.layers)
        if readers.layers[layer].number > 0 { workspace.numbers.release(readers.layers[layer].number) }
        if let slot = readers.layers[layer].passed { readers.passed.remove(slot) }
        readers.layers.remove(layer)
    }

    private mutating func endChannel(
        _ channel: Slot<Channel>, _ slot: Slot<TCPConnection>, cause: EndCause, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let feed = Feed(slot, channel)
        flush(feed, channel, &workspace, &sink)
        endReader(of: feed, cause: cause, &workspace, &sink)
        readers.channels[channel].removeHeld(budget: &table.budget)
    }
}
