import TCPReassembly
import TLSDecryption
import WebSocketProtocol
import WireFormat

/// The readers of all connections and of the channels in them, and what else is known of connections besides TCP.
struct Readers: ~Copyable {
    /// What is known of each connection besides TCP, by its slot.
    var connections: [Connection] = []
    /// The packet with which each connection was first seen, by its slot: no two connections share one.
    private(set) var records: [UInt64] = []
    /// The readers that follow connections up to an upgrade.
    var openings = SlotPool<OpeningReader>()
    /// The WebSocket sessions.
    var sessions = SlotPool<Session>()
    /// The layers that carry other streams.
    var layers = SlotPool<LayerReader>()
    /// The streams that layers carry.
    var channels = SlotPool<Channel>()
    /// The traffic of connections that cannot be decrypted.
    var passed = SlotPool<PassedTraffic>()
    /// Whether a layer has ever carried a session: most TLS connections have no secrets.
    var carriesSessions = false

    /// Adds a connection that has just been opened and has no reader yet.
    ///
    /// - Parameters:
    ///   - slot: Its slot, perhaps reused.
    ///   - packet: The packet with which it was first seen.
    mutating func add(_ slot: Slot<TCPConnection>, seenWith packet: UInt64) {
        if slot.index == connections.count {
            connections.append(Connection())
            records.append(packet)
        } else {
            connections[slot.index] = Connection()
            records[slot.index] = packet
        }
    }

    /// The reader of two streams.
    func reader(of feed: Feed) -> Connection.Reader {
        guard let channel = feed.channel else { return connections[feed.connection.index].reader }
        return channels[channel].reader
    }

    /// Sets the reader of two streams.
    mutating func setReader(of feed: Feed, _ reader: Connection.Reader) {
        if let channel = feed.channel {
            channels[channel].reader = reader
        } else {
            connections[feed.connection.index].reader = reader
        }
    }

    /// The stream number of a feed within its connection; nil if there is only one stream.
    func stream(of feed: Feed) -> UInt64? {
        guard let channel = feed.channel else { return nil }
        return channels[channel].stream
    }

    /// The role of the end that sends a direction; `mutating` so that nothing is copied.
    @inline(__always)
    mutating func role(of direction: Direction, in session: Slot<Session>) -> Role {
        Role(direction, client: sessions[session].clientDirection)
    }

    /// The number of layers that carry two streams.
    mutating func depth(of feed: Feed) -> Int {
        guard let channel = feed.channel else { return 0 }
        return layers[channels[channel].layer].depth
    }

    /// The session that a layer carries, and its channel, if it carries nothing else, as most layers do.
    @inline(__always)
    mutating func onlySession(
        in layer: Slot<LayerReader>
    ) -> (channel: Slot<Channel>, session: Slot<Session>)? {
        guard let channel = layers[layer].onlyChannel, case .session(let session) = channels[channel].reader else {
            return nil
        }
        return (channel, session)
    }

    /// The encryption that was removed from two streams; nil if there was none.
    mutating func encryption(of feed: Feed) -> Encryption? {
        guard let channel = feed.channel else { return nil }
        var layer = Optional(channels[channel].layer)
        while let current = layer {
            if let encryption = layers[current].layer.encryption { return encryption }
            layer = layers[current].parent.map { channels[$0].layer }
        }
        return nil
    }

    /// The obstacle that keeps a whole stream from being decrypted; nil if there is none.
    mutating func obstacle(to direction: Direction, of feed: Feed) -> TLSFacts.Obstacle? {
        var channel = feed.channel
        while let current = channel {
            let layer = channels[current].layer
            if let obstacle = layers[layer].layer.obstacle(to: direction) { return obstacle }
            channel = layers[layer].parent
        }
        return nil
    }

    /// Changes the numbers of its connections.
    mutating func renumber(_ number: (UInt64) -> UInt64) {
        for session in sessions.slots where sessions.isUsed(session) {
            sessions[session].id.connection = number(sessions[session].id.connection)
        }
        for opening in openings.slots where openings.isUsed(opening) && openings[opening].number > 0 {
            openings[opening].number = number(openings[opening].number)
        }
        for layer in layers.slots where layers.isUsed(layer) && layers[layer].number > 0 {
            layers[layer].number = number(layers[layer].number)
        }
    }

    /// The bytes of all slots, and an estimate of those of the connections' records.
    ///
    /// An array's capacity depends on the allocator, and with it on the thread: twice the count bounds it.
    var byteCount: Int {
        openings.byteCount &+ sessions.byteCount &+ layers.byteCount &+ channels.byteCount &+ passed.byteCount
            &+ connections.count &* 2 &* MemoryLayout<Connection>.stride
    }

    // MARK: Sessions on a connection

    /// The sessions on a connection.
    ///
    /// `mutating`, like the other members that read only a few of the fields: otherwise the compiler copies them all.
    @inline(__always)
    mutating func sessions(on slot: Slot<TCPConnection>) -> SessionList {
        switch connections[slot.index].reader {
        case .session(let session): SessionList(session)
        case .layer(let layer): sessionList(of: layer)
        case .none, .opening, .stopped, .ignored: SessionList(nil)
        }
    }

    /// The sessions in a layer; in the usual case without an array, since this is called for every segment.
    @inline(never)
    private mutating func sessionList(of layer: Slot<LayerReader>) -> SessionList {
        guard let only = layers[layer].onlyChannel else { return SessionList(sessions(in: layer)) }
        return switch channels[only].reader {
        case .session(let session): SessionList(session)
        case .layer(let inner): SessionList(sessions(in: inner))
        case .none, .opening, .stopped, .ignored: SessionList(nil)
        }
    }

    /// The sessions in a layer, and in layers inside it.
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
