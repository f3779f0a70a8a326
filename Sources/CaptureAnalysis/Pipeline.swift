import PacketDecoding
import TCPReassembly
import WebSocketProtocol
public import WireFormat

/// The whole job: captured packets in, events out.
///
/// Feed it every packet of a capture in order, then call ``finish(into:)``. It does no I/O, starts no thread and reads no
/// clock: time and place come from the packets. Each packet passes these stages, one file or module each:
///
///     PacketDecoder          captured packet → tunnels, fragments → TCP segment
///     Shard                  → connection (TCPReassembly) → bytes in order, and gaps
///       UpgradeWatch         → until the upgrade: HTTP exchanges and proxies
///       Session              → behind it: frames, messages, verdict
///     EventSink              whoever prints the events
public struct Pipeline: ~Copyable {
    var decoder: PacketDecoder
    var shards: InlineArray<8, Shard>
    var ahead = PacketsAhead()
    var state: AnalysisState
    private var hasStarted = false

    /// Makes a pipeline.
    public init(options: AnalysisOptions) {
        decoder = PacketDecoder(limits: options.limits.decoding)
        state = AnalysisState(options: options)
        shards = InlineArray { _ in Shard(options: options) }
    }

    /// The totals so far.
    public var summary: Summary { state.totals }

    /// How many packets may be prepared ahead of their turn.
    public static var preparedPackets: Int { PacketsAhead.capacity }

    /// Decodes a packet ahead of its turn, and sees to it that what is known of its connection will be near.
    ///
    /// Whoever has the bytes of several packets at hand calls it for each, then ``receive(_:into:)`` for each in the same
    /// order; others need not. It tells nothing, and changes nothing in what is told. Beyond ``preparedPackets`` it does
    /// nothing.
    public mutating func prepare(_ packet: borrowing CapturedPacket) {
        guard let place = ahead.append() else { return }
        ahead.entries[place].decode(packet, with: &decoder)
        switch ahead.entries[place].packet {
        case .reassembled:
            ahead.block()
            fallthrough
        case .segment: shards[ahead.entries[place].shard].prepare(&ahead.entries[place])
        default: break
        }
    }

    /// Takes the next packet of the capture.
    public mutating func receive(_ packet: borrowing CapturedPacket, into sink: inout some EventSink & ~Copyable) {
        if ahead.isEmpty { prepare(packet) }
        state.begin(packet)
        if !hasStarted { start(into: &sink) }
        let place = ahead.popFirst()
        let shard = ahead.entries[place].shard
        let kind = ahead.entries[place].packet
        if kind == .segment {
            shards[shard].receive(&ahead.entries[place], in: packet.bytes, state: &state, sink: &sink)
            return
        }
        if kind == .reassembled {
            let datagram = decoder.datagram
            shards[shard].receive(&ahead.entries[place], in: datagram.span, state: &state, sink: &sink)
        }
        count(kind, packet.linkType)
    }

    /// Counts a packet that is no segment by itself.
    @inline(never)
    mutating func count(_ kind: DecodedPacket, _ linkType: LinkType) {
        switch kind {
        case .segment: break
        case .reassembled, .fragment: state.summary.others.fragments = decoder.fragmentTotals.unusedFragments
        case .notTCP: state.summary.others.packetsNotTCP &+= 1
        case .truncated, .malformed: state.summary.unreadablePackets &+= 1
        case .unsupportedLinkType:
            state.summary.unreadablePackets &+= 1
            if state.summary.unsupportedLinkTypes.count < 16, !state.summary.unsupportedLinkTypes.contains(linkType) {
                state.summary.unsupportedLinkTypes.append(linkType)
            }
        }
    }

    /// Ends the capture: open sessions get their `end`, and the summary is told.
    public mutating func finish(into sink: inout some EventSink & ~Copyable) {
        if !hasStarted { start(into: &sink) }
        for shard in 0..<Limits.shards { shards[shard].flush(state: &state, sink: &sink) }
        // Sessions end in the order in which they were numbered, whatever shard they are in.
        var open: [(number: UInt64, shard: Int, slot: Int)] = []
        for shard in 0..<Limits.shards {
            for (number, slot) in shards[shard].numberedConnections { open.append((number, shard, slot)) }
        }
        open.sort { $0.number < $1.number }
        for entry in open {
            shards[entry.shard].end(entry.slot, cause: .captureEnd, state: &state, sink: &sink)
        }
        for shard in 0..<Limits.shards { shards[shard].countOthers(state: &state) }
        state.summary.note(state.endings)
        sink.receive(.summary(state.totals), at: state.context(connection: 0, view: .unknown), payload: Span())
    }

    mutating func start(into sink: inout some EventSink & ~Copyable) {
        hasStarted = true
        var context = state.context(connection: 0, view: .unknown)
        context.packet = 0
        sink.receive(.capture(CaptureStart(sources: state.options.sources)), at: context, payload: Span())
    }
}
