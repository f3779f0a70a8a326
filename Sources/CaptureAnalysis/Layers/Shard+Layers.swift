import TCPReassembly
import WireFormat

/// How bytes pass through layers to the readers of what these carry.
extension Shard {
    /// Asks for a layer.
    mutating func layer(
        for moment: LayerOffer.Moment, _ bytes: Span<UInt8>, at place: StreamPlace, of feed: Feed,
        _ options: AnalysisOptions
    ) -> (any StreamLayer)? {
        let depth = depth(of: feed)
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
        var reader = LayerReader(layer, depth: depth(of: feed) &+ 1, parent: feed.channel)
        _ = reader.charge(&layerRoom)
        setReader(of: feed, .layer(layers.insert(reader)))
    }

    /// How many layers carry two streams.
    private mutating func depth(of feed: Feed) -> Int {
        guard let channel = feed.channel else { return 0 }
        return layers[channels[channel].layer].depth
    }

    /// Hands bytes to a layer, and what it makes of them to their readers.
    mutating func unwrap(
        _ bytes: Span<UInt8>, at place: StreamPlace, _ layer: Slot<LayerReader>, of feed: Feed,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        var output = workspace.takeOutput()
        layers[layer].layer.receive(bytes, at: place, into: &output)
        return finish(&output, of: layer, of: feed, &workspace, &sink)
    }

    /// Hands a gap to a layer, and what it makes of it to the readers.
    mutating func unwrapGap(
        _ length: UInt64?, at place: StreamPlace, _ layer: Slot<LayerReader>, of feed: Feed,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        var output = workspace.takeOutput()
        layers[layer].layer.skip(length, at: place, into: &output)
        return finish(&output, of: layer, of: feed, &workspace, &sink)
    }

    /// Hands on what a layer has made of bytes; gives it up if it keeps more than it may.
    private mutating func finish(
        _ output: inout LayerOutput, of layer: Slot<LayerReader>, of feed: Feed, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        for index in output.pieces.indices {
            hand(output.pieces[index], output.bytes.span, from: layer, feed.connection, &workspace, &sink)
        }
        workspace.giveBack(&output)
        guard layers[layer].charge(&layerRoom) else {
            workspace.summary.others.oversizedHeads &+= 1
            end(layer, of: feed, cause: .captureEnd, &workspace, &sink)
            setReader(of: feed, .ignored)
            return Intake()
        }
        return Intake()
    }

    /// Hands one piece to its reader.
    private mutating func hand(
        _ piece: LayerOutput.Piece, _ bytes: Span<UInt8>, from layer: Slot<LayerReader>,
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
            let place = channels[channel].advance(piece, by: UInt64(part.count))
            if channels[channel].isWaiting(piece.direction) {
                let held = Channel.Held(place: place, bytes: ArraySlice(copying: part), gap: nil)
                channels[channel].wait(held, budget: &table.budget)
            } else {
                hand(part, at: place, of: feed, channel, &workspace, &sink)
            }
        case .gap(let length):
            let place = channels[channel].advance(piece, by: length ?? 0)
            if channels[channel].isWaiting(piece.direction) {
                channels[channel].wait(Channel.Held(place: place, bytes: [], gap: length), budget: &table.budget)
            } else {
                handGap(length, at: place, of: feed, channel, &workspace, &sink)
            }
        case .end:
            endChannel(channel, slot, cause: .closed, &workspace, &sink)
            layers[layer].remove(channel)
            channels.remove(channel)
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
            channels[channel].pause(held, budget: &table.budget)
        }
        if intake.wakesOther { channels[channel].resume(place.direction.opposite) }
    }

    private mutating func handGap(
        _ length: UInt64?, at place: StreamPlace, of feed: Feed, _ channel: Slot<Channel>,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard skip(length, at: place, of: feed, &workspace, &sink) else { return }
        channels[channel].pause(Channel.Held(place: place, bytes: [], gap: length), budget: &table.budget)
    }

    /// Hands on what has waited in both streams of a channel.
    mutating func drain(
        _ channel: Slot<Channel>, of feed: Feed, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        // As with nearly all records.
        if channels[channel].isIdle, table.budget >= 0 { return }
        var direction = Direction.fromInitiator
        var idle = 0
        while idle < 2 {
            guard let held = channels[channel].popFirst(direction, budget: &table.budget) else {
                if channels[channel].isOverfull(table.limits) || table.budget < 0 {
                    return stopWaiting(feed, &workspace, &sink)
                }
                direction = direction.opposite
                idle &+= 1
                continue
            }
            let before = channels[channel].next[direction.index]
            if let gap = held.gap {
                handGap(gap, at: held.place, of: feed, channel, &workspace, &sink)
            } else {
                hand(held.bytes.span, at: held.place, of: feed, channel, &workspace, &sink)
            }
            if channels[channel].next[direction.index] == before { idle = 0 }
        }
    }

    /// The channel of a piece, which may be its first; nil if it is not followed.
    private mutating func channel(of piece: LayerOutput.Piece, _ layer: Slot<LayerReader>) -> Slot<Channel>? {
        if let channel = layers[layer].channel(of: piece.stream) { return channel }
        switch piece.content {
        case .bytes, .gap: break
        case .end, .alert, .problem: return nil
        }
        guard layers[layer].channelCount < LayerReader.channelLimit else { return nil }
        let channel = channels.insert(Channel(of: layer, stream: piece.stream))
        layers[layer].add(channel, of: piece.stream)
        return channel
    }

    /// Hands on what waits in the channels of a layer, since nothing more will come.
    mutating func flush(
        _ layer: Slot<LayerReader>, _ slot: Slot<TCPConnection>, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var output = workspace.takeOutput()
        layers[layer].layer.finish(into: &output)
        for index in output.pieces.indices {
            hand(output.pieces[index], output.bytes.span, from: layer, slot, &workspace, &sink)
        }
        workspace.giveBack(&output)
        for channel in layers[layer].channels { flush(Feed(slot, channel), channel, &workspace, &sink) }
    }

    private mutating func flush(
        _ feed: Feed, _ channel: Slot<Channel>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        channels[channel].resume(.fromInitiator)
        channels[channel].resume(.fromResponder)
        drain(channel, of: feed, &workspace, &sink)
        flushReader(of: feed, &workspace, &sink)
    }

    /// Ends all that a layer carries, and forgets it.
    mutating func end(
        _ layer: Slot<LayerReader>, of feed: Feed, cause: EndCause, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        for channel in layers[layer].channels {
            endChannel(channel, feed.connection, cause: cause, &workspace, &sink)
            layers[layer].remove(channel)
            channels.remove(channel)
        }
        layers[layer].layer.count(in: &workspace.summary)
        reportEncrypted(layer, of: feed, cause, &workspace, &sink)
        layers[layer].release(&layerRoom)
        if layers[layer].number > 0 { workspace.release(layers[layer].number) }
        if let slot = layers[layer].passed { passed.remove(slot) }
        layers.remove(layer)
    }

    private mutating func endChannel(
        _ channel: Slot<Channel>, _ slot: Slot<TCPConnection>, cause: EndCause, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let feed = Feed(slot, channel)
        flush(feed, channel, &workspace, &sink)
        endReader(of: feed, cause: cause, &workspace, &sink)
        channels[channel].removeHeld(budget: &table.budget)
    }
}

/// The sessions on a connection: one without a layer, any number with one.
struct SessionList: Sequence, IteratorProtocol {
    private var only: Slot<Session>?
    private var others: ArraySlice<Slot<Session>>?

    init(_ only: Slot<Session>?) {
        self.only = only
    }

    init(_ sessions: [Slot<Session>]) {
        others = sessions[...]
    }

    mutating func next() -> Slot<Session>? {
        if let only {
            self.only = nil
            return only
        }
        return others?.popFirst()
    }
}

extension Shard {
    /// The sessions on a connection.
    ///
    /// `mutating`, like whatever else looks at few of the shard's fields: the compiler copies the shard for other
    /// methods.
    @inline(__always)
    mutating func sessions(on slot: Slot<TCPConnection>) -> SessionList {
        switch connections[slot.index].reader {
        case .session(let session): SessionList(session)
        case .layer(let layer): sessionList(of: layer)
        case .none, .opening, .stopped, .ignored: SessionList(nil)
        }
    }

    /// The sessions in a layer; without an array for the usual one, since it is made for every segment.
    @inline(never)
    private mutating func sessionList(of layer: Slot<LayerReader>) -> SessionList {
        guard let only = layers[layer].onlyChannel else { return SessionList(sessions(in: layer)) }
        return switch channels[only].reader {
        case .session(let session): SessionList(session)
        case .layer(let inner): SessionList(sessions(in: inner))
        case .none, .opening, .stopped, .ignored: SessionList(nil)
        }
    }

    @inline(never)
    mutating func sessions(in layer: Slot<LayerReader>) -> [Slot<Session>] {
        layers[layer].channels.flatMap { channel -> [Slot<Session>] in
            switch channels[channel].reader {
            case .session(let session): [session]
            case .layer(let inner): sessions(in: inner)
            case .none, .opening, .stopped, .ignored: []
            }
        }
    }
}
