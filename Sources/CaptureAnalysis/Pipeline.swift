import PacketDecoding
import TCPReassembly
import TLSDecryption
import WebSocketProtocol
public import WireFormat

/// The whole analysis: captured packets in, events out.
///
/// Pass in every packet of a capture in order, then call ``finish(into:)``. The pipeline does no I/O, starts no threads
/// and reads no clock: times and numbers come from the packets. Each packet passes these stages, one file or module
/// each:
///
///     PacketDecoder          captured packet → tunnels, fragments → TCP segment
///     Shard                  → connection (TCPReassembly) → bytes in order, and gaps
///       OpeningReader        → until the upgrade: HTTP exchanges and proxies
///       Session              → after it: frames, messages, verdict
///     EventSink              prints the events
public struct Pipeline: ~Copyable {
    var decoder: PacketDecoder
    var shards: PerShard<Shard>
    /// The packets of the current batch.
    var ahead = InlineArray<16, PacketAhead>(repeating: PacketAhead())
    var workspace: Workspace
    private var hasStarted = false

    /// Creates a pipeline.
    public init(options: AnalysisOptions) {
        decoder = PacketDecoder(limits: options.limits.decoding)
        workspace = Workspace(options: options)
        shards = PerShard { _ in Shard(options: options) }
    }

    /// The totals so far.
    public var summary: Summary { workspace.totals }

    /// Takes the next packets of the capture.
    ///
    /// All are decoded first, so that the state of their connections is prefetched by the time of their turns.
    public mutating func receive(_ batch: borrowing PacketBatch, into sink: inout some EventSink & ~Copyable) {
        guard batch.count > 0 else { return }
        if !hasStarted { start(at: batch.time(0), into: &sink) }
        var place = 0
        while place < batch.count {
            let end = prepare(batch, from: place)
            while place < end {
                workspace.begin(
                    batch.number(place), time: batch.time(place), batch.linkType(place),
                    interfaceName: batch.interfaceName(place))
                take(batch.bytes(place), at: place, into: &sink)
                place &+= 1
            }
        }
    }

    /// Takes the next packet of the capture by itself, which is slower than a batch.
    public mutating func receive(_ packet: borrowing CapturedPacket, into sink: inout some EventSink & ~Copyable) {
        if !hasStarted { start(at: packet.time, into: &sink) }
        ahead[0].decode(packet, with: &decoder)
        approach(0)
        shards.prepare(0..<1, of: &ahead)
        workspace.begin(packet.number, time: packet.time, packet.linkType, interfaceName: packet.interfaceName)
        take(packet.bytes, at: 0, into: &sink)
    }

    /// Decodes packets ahead of their turns.
    ///
    /// - Parameters:
    ///   - batch: The packets.
    ///   - start: The place of the first.
    /// - Returns: The place after the last; a packet that completes a datagram is the last, since the decoder keeps
    ///   only one datagram.
    private mutating func prepare(_ batch: borrowing PacketBatch, from start: Int) -> Int {
        var place = start
        while place < batch.count {
            ahead[place].decode(batch, place, with: &decoder)
            approach(place)
            place &+= 1
            if ahead[place &- 1].packet.isReassembled { break }
        }
        shards.prepare(start..<place, of: &ahead)
        return place
    }

    /// Takes the first step towards a decoded packet's connection.
    @inline(__always)
    private mutating func approach(_ place: Int) {
        if ahead[place].packet.isTCP { shards[ahead[place].shard].approach(&ahead[place]) }
    }

    /// Takes the current packet, which is already decoded.
    @inline(__always)
    private mutating func take(_ bytes: Span<UInt8>, at place: Int, into sink: inout some EventSink & ~Copyable) {
        workspace.count(bytes)
        let kind = ahead[place].packet
        if case .tcp = kind {
            workspace.enter(ahead[place].shard)
            shards[ahead[place].shard].receive(&ahead[place], in: bytes, &workspace, &sink)
            return
        }
        if case .reassembledTCP = kind {
            let datagram = decoder.datagram
            workspace.enter(ahead[place].shard)
            shards[ahead[place].shard].receive(&ahead[place], in: datagram.span, &workspace, &sink)
        }
        count(kind, bytes, at: place, workspace.linkType)
    }

    /// Counts a packet that is not a segment by itself.
    @inline(never)
    mutating func count(_ kind: TransportPacket, _ bytes: Span<UInt8>, at place: Int, _ linkType: LinkType) {
        switch kind {
        case .tcp: break
        case .reassembledTCP, .fragment: workspace.summary.others.fragments = decoder.fragmentTotals.unusedFragments
        case .udp: workspace.summary.others.count(UDPDatagram(ahead[place].segment).service(in: bytes))
        case .reassembledUDP:
            workspace.summary.others.fragments = decoder.fragmentTotals.unusedFragments
            let datagram = decoder.datagram
            workspace.summary.others.count(UDPDatagram(ahead[place].segment).service(in: datagram.span))
        case .other: workspace.summary.others.packetsNotTCP &+= 1
        case .tunnel(let tunnel): workspace.summary.others.count(.tunnel(tunnel))
        case .truncated, .malformed: workspace.summary.unreadablePackets &+= 1
        case .unsupportedLinkType:
            workspace.summary.unreadablePackets &+= 1
            if workspace.summary.unsupportedLinkTypes.count < 16,
                !workspace.summary.unsupportedLinkTypes.contains(linkType)
            {
                workspace.summary.unsupportedLinkTypes.append(linkType)
            }
        }
    }

    /// Ends the capture: ends the open sessions, and reports the summary.
    public mutating func finish(into sink: inout some EventSink & ~Copyable) {
        if !hasStarted { start(nil, into: &sink) }
        if let whole = workspace.options.whole { workspace.advance(to: whole) }
        for shard in 0..<Limits.shards {
            workspace.enter(shard)
            shards[shard].flush(&workspace, &sink)
        }
        // Sessions end in the order of their numbers, whatever their shards.
        var open: [(number: UInt64, shard: Int, slot: Slot<TCPConnection>)] = []
        for shard in 0..<Limits.shards {
            for (number, slot) in shards[shard].numberedConnections { open.append((number, shard, slot)) }
        }
        open.sort { ($0.number, $0.shard, $0.slot.index) < ($1.number, $1.shard, $1.slot.index) }
        for entry in open {
            workspace.enter(entry.shard)
            shards[entry.shard].end(entry.slot, cause: .captureEnd, &workspace, &sink)
        }
        var servers = ServerTable()
        var encrypted = EncryptedServers(room: EndingPatterns.usualRoom)
        for shard in 0..<Limits.shards {
            shards[shard].countOthers(&workspace)
            servers.add(shards[shard].totals.servers)
            encrypted.add(shards[shard].totals.encrypted)
        }
        workspace.summary.take(encrypted)
        workspace.summary.encrypted.hasLateSecrets = workspace.options.secrets?.comesWithPackets ?? false
        workspace.summary.take(workspace.comparison)
        (workspace.summary.servers, workspace.summary.otherServers) = servers.largestFirst
        sink.receive(.summary(workspace.totals), at: workspace.context(.none, view: .unknown), payload: Span())
    }

    /// Reports the capture, whose first packet has this time.
    mutating func start(at time: Timestamp, into sink: inout some EventSink & ~Copyable) {
        let first = workspace.options.whole?.start ?? time
        workspace.begin(at: first)
        start(first, into: &sink)
    }

    private mutating func start(_ time: Timestamp?, into sink: inout some EventSink & ~Copyable) {
        hasStarted = true
        var context = workspace.context(.none, view: .unknown)
        (context.packet, context.turn) = (0, 0)
        let start = CaptureStart(sources: workspace.options.sources, start: time)
        sink.receive(.capture(start), at: context, payload: Span())
    }
}
