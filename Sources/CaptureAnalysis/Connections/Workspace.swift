import WebSocketProtocol
import WireFormat

/// What readers share: the options, the current packet, the totals, and the memory that they may take.
@safe
struct Workspace: ~Copyable {
    let options: AnalysisOptions
    /// Whether it belongs to one of several parts (``PipelinePart``).
    let isPart: Bool
    /// The totals, without the duration.
    var summary = Summary()
    /// The comparison of sessions with each other.
    var comparison = SessionComparison()
    /// The current packet.
    private(set) var origin = Origin(packet: 0, time: Timestamp(nanoseconds: 0))
    /// The link type of the current packet.
    private(set) var linkType = LinkType.ethernet
    /// The name of the current packet's interface; empty if the capture has none.
    private(set) var interfaceName: [UInt8] = []
    /// The last packet of the connection whose end is being reported, if its end was awaited longer.
    private var lastPacket: Origin?
    /// The packet that ended the connection whose end is being reported, if that is not ``told``: a RST, or the SYN of
    /// the next connection.
    private(set) var earlyEnd: Origin?
    /// The view of the current connection after the packet, if ``EventDemand/includesStates`` asks for it.
    var view = ConnectionView.unknown
    /// How far the sender of the bytes being delivered had received the other stream.
    var receipt = Receipt()
    /// Whether the current connection has streams with missing bytes that may still come.
    var hasHole = false
    /// The time of the capture's first packet; nil before it.
    private var firstTimeSeen: Timestamp?
    /// The numbers of connections on which WebSocket was seen.
    var numbers: ConnectionNumbers
    /// The resources that the streams of each shard share.
    private let shards = UnsafeMutablePointer<StreamResources>.allocate(capacity: Limits.shards)
    /// The resources of the current connection's shard.
    private var shard: UnsafeMutablePointer<StreamResources>
    /// Memory for what layers decode.
    var spare = SpareRoom()

    /// Creates the workspace of an analysis, or of one of its parts.
    init(options: AnalysisOptions, isPart: Bool = false) {
        self.options = options
        self.isPart = isPart
        numbers = ConnectionNumbers(areReused: isPart)
        unsafe shard = shards
        for index in 0..<Limits.shards {
            unsafe (shards + index).initialize(
                to: StreamResources(
                    keptPayload: options.limits.keptPayload / Limits.shards,
                    compression: options.limits.compression / Limits.shards))
        }
    }

    deinit {
        unsafe shards.deinitialize(count: Limits.shards)
        unsafe shards.deallocate()
    }

    /// The number of the current packet, from 1.
    var packet: UInt64 {
        @inline(__always) get { origin.packet }
    }

    /// The time of the current packet.
    var time: Timestamp {
        @inline(__always) get { origin.time }
    }

    /// The packet that completes the events being reported.
    ///
    /// It is the current one, unless the end of a connection was awaited after its last packet: then the current one is
    /// of another connection.
    var told: Origin {
        @inline(__always) get { lastPacket ?? origin }
    }

    /// Begins to report the end of a connection.
    ///
    /// - Parameters:
    ///   - lastPacket: Its last packet, if its end was awaited longer.
    ///   - end: The packet that ended it, if more might be captured later.
    mutating func beginEnd(lastPacket: Origin?, end: Origin?) {
        self.lastPacket = lastPacket
        earlyEnd = end?.packet == told.packet ? nil : end
    }

    /// Goes on with the current packet.
    mutating func finishEnd() { (lastPacket, earlyEnd) = (nil, nil) }

    /// How far the sender of the bytes in a packet had received the other stream; nil if unknown.
    ///
    /// Known only for the current packet and for packets whose bytes it has released: for bytes decoded later, it would
    /// depend on packets of other connections whether the receipt is still here.
    func received(in packet: UInt64) -> UInt64? {
        guard receipt.packet == packet, packet == self.packet || receipt.releasedBy == self.packet else { return nil }
        return receipt.offset
    }

    /// Records again what an end had received when it sent a packet whose bytes have waited; nil if that is not known.
    mutating func recordReceipt(_ received: UInt64?, in packet: UInt64) {
        receipt = received.map { Receipt(packet: packet, offset: $0, releasedBy: self.packet) } ?? Receipt()
    }

    /// The resources that the streams of the current connection's shard share.
    var resources: StreamResources {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(shard) }
        @inline(__always) unsafeMutableAddress { unsafe shard }
    }

    /// Switches to the connections of a shard.
    @inline(__always)
    mutating func enter(_ index: Int) {
        unsafe shard = shards + index
    }

    /// Takes over a shard's resources from another workspace.
    mutating func adopt(_ index: Int, from other: inout Workspace) {
        unsafe swap(&shards[index], &other.shards[index])
    }

    /// Counts a packet.
    @inline(__always)
    mutating func count(_ bytes: Span<UInt8>) {
        summary.packets &+= 1
        summary.bytes &+= UInt64(bytes.count)
    }

    /// Goes on to the next packet.
    @inline(__always)
    mutating func begin(_ packet: UInt64, time: Timestamp, _ linkType: LinkType, interfaceName: Span<UInt8>) {
        origin = Origin(packet: packet, time: time)
        self.linkType = linkType
        if self.interfaceName.count != 0 || interfaceName.count != 0 { keepInterface(interfaceName) }
    }

    /// Sets the first packet's time, before the packet is taken.
    mutating func begin(at time: Timestamp) {
        origin.time = time
        begin(firstTime: time)
    }

    /// Sets the time of the capture's first packet.
    mutating func begin(firstTime: Timestamp) {
        firstTimeSeen = firstTime
    }

    /// The time of the first packet; the current time if there is none.
    var firstTime: Timestamp { firstTimeSeen ?? time }

    /// Goes on to the end of a capture whose last packets were left out.
    mutating func advance(to whole: CaptureSpan) {
        origin = Origin(
            packet: max(origin.packet, whole.lastPacket ?? 0),
            time: whole.lastPacket == nil ? max(origin.time, whole.end) : whole.end)
    }

    /// Keeps the name in place: connections need it once, but every packet brings it.
    @inline(never)
    private mutating func keepInterface(_ name: Span<UInt8>) {
        let isSame =
            interfaceName.count == name.count && name.indices.allSatisfy { interfaceName[$0] == name[$0] }
        guard !isSame else { return }
        interfaceName.removeAll(keepingCapacity: true)
        for index in name.indices { interfaceName.append(name[index]) }
    }

    /// Nanoseconds from the first packet to `time`.
    @inline(__always)
    func elapsed(_ time: Timestamp) -> Int64 {
        firstTimeSeen.map { time.nanoseconds(since: $0) } ?? 0
    }

    /// The totals so far.
    var totals: Summary {
        var totals = summary
        totals.duration = elapsed(time)
        return totals
    }

    /// Compares the end of a session with others, unless this is a part's workspace: the merge does that for all parts.
    mutating func record(_ verdict: SessionEnd.Verdict, _ sample: EndingPatterns.Sample, connection: UInt64) {
        if !isPart { comparison.record(verdict, sample, connection: connection) }
    }

    /// Compares an upgrade with others, under the same condition.
    mutating func record(_ leg: ProxyLegs.Leg, connection: UInt64) {
        if !isPart { comparison.record(leg, connection: connection) }
    }

    /// The context of a session's event that the current packet completes.
    @inline(__always)
    func context(_ session: SessionID) -> EventContext {
        context(session, view: view)
    }

    /// The same, with another view of the connection.
    @inline(__always)
    func context(_ session: SessionID, view: ConnectionView) -> EventContext {
        let told = told
        return EventContext(
            packet: told.packet, time: told.time, elapsed: elapsed(told.time), session: session, view: view,
            turn: packet)
    }

    /// Reports and counts a finding.
    mutating func report(
        _ finding: Finding, at context: EventContext, into sink: inout some EventSink & ~Copyable
    ) {
        switch finding.severity {
        case .note: summary.notes &+= 1
        case .warning: summary.warnings &+= 1
        case .error: summary.errors &+= 1
        }
        summary.add(RuleCount(rule: finding.rule, findings: 1))
        var finding = finding
        if finding.origin?.packet == context.packet { finding.origin = nil }
        if finding.origin == nil { finding.origin = earlyEnd }
        sink.receive(.finding(finding), at: context, payload: Span())
    }

}

/// How far an end had received the other stream when it sent a packet: its acknowledgment.
struct Receipt {
    /// The packet; 0 if unknown.
    var packet: UInt64 = 0
    /// The offset after the last byte received.
    var offset: UInt64 = 0
    /// The packet that has released its bytes, if they waited.
    var releasedBy: UInt64 = 0
}
