import TCPReassembly
import WireFormat

/// What all parts of an analysis share: the packet at hand and the totals.
struct AnalysisState {
    let options: AnalysisOptions
    /// The totals, the duration left out.
    var summary = Summary()
    /// The ends of sessions, to be compared.
    var endings = EndingPatterns()
    /// The 1-based number of the packet at hand.
    private(set) var packet: UInt64 = 0
    /// Its time.
    private(set) var time = Timestamp(nanoseconds: 0)
    /// Its link type.
    private(set) var linkType = LinkType.ethernet
    /// The name of its interface; empty where the capture tells none.
    private(set) var interfaceName: [UInt8] = []
    /// The connection at hand as the packet has left it, where ``EventDemand/includesStates`` asks for it.
    var view = ConnectionView.unknown
    /// How far the stream at hand is acknowledged by the other end; 0 where none is, or nobody needs it.
    var acknowledgedOffset: UInt64 = 0
    /// Whether the connection at hand has streams of which bytes are missing that may still come.
    var hasHole = false
    private var firstTimeSeen: Timestamp?
    /// How many connections have got a number.
    var connectionCount: UInt64 = 0
    /// Whether numbers are given again once their connections have ended.
    var reusesNumbers = false
    private var freeNumbers: [UInt64] = []

    init(options: AnalysisOptions) {
        self.options = options
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
        self.packet = packet
        self.time = time
        self.linkType = linkType
        if self.interfaceName.count != 0 || interfaceName.count != 0 { noteInterface(interfaceName) }
    }

    /// Takes note of the first packet's time, before the packet is taken.
    mutating func begin(at time: Timestamp) {
        self.time = time
        note(firstTime: time)
    }

    /// Takes note of the time of the capture's first packet.
    mutating func note(firstTime: Timestamp) {
        firstTimeSeen = firstTime
    }

    /// The time of the first packet, or of now where there is none.
    var firstTime: Timestamp { firstTimeSeen ?? time }

    /// Keeps the name in place: connections need it once, packets bring it every time.
    @inline(never)
    private mutating func noteInterface(_ name: Span<UInt8>) {
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

    /// Numbers a connection on which WebSocket was seen.
    mutating func numberConnection() -> UInt64 {
        if let number = freeNumbers.popLast() { return number }
        connectionCount &+= 1
        return connectionCount
    }

    /// Takes note that nothing more will be told of a connection.
    mutating func release(_ number: UInt64) {
        if reusesNumbers { freeNumbers.append(number) }
    }

    /// The place of an event that the packet at hand completes, on the connection at hand.
    @inline(__always)
    func context(connection: UInt64) -> EventContext {
        context(connection: connection, view: view)
    }

    /// The same, with a connection that looks like this.
    @inline(__always)
    func context(connection: UInt64, view: ConnectionView) -> EventContext {
        EventContext(packet: packet, time: time, elapsed: elapsed(time), connection: connection, view: view)
    }

    /// Tells and counts a finding.
    mutating func report(
        _ finding: Finding, at context: EventContext, into sink: inout some EventSink & ~Copyable
    ) {
        switch finding.severity {
        case .note: summary.notes &+= 1
        case .warning: summary.warnings &+= 1
        case .error: summary.errors &+= 1
        }
        sink.receive(.finding(finding), at: context, payload: Span())
    }
}

extension ConnectionView {
    /// No connection is behind the event.
    static let unknown = ConnectionView(
        sender: nil, sequence: 0, acknowledgment: nil, clientState: .unknown, serverState: .unknown,
        clientReadyState: .connecting, serverReadyState: .connecting)
}
