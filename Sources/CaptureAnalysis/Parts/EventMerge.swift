/// Puts the events of several parts of an analysis together: in the order, and with the numbers, of one analysis.
///
/// The events of a packet all come from one part, so the packets' numbers tell the order. Give it the batch of the part
/// that ``needed`` names, or tell that there is none, again and again, and ask for the events between.
public struct EventMerge: ~Copyable {
    private struct Part: ~Copyable {
        var batch = EventBatch()
        var isComplete = false
        /// The connections' numbers by the numbers that the part gave them.
        var numbers: [UInt64] = []

        var nextPacket: UInt64 { isComplete && batch.isEmpty ? .max : batch.nextPacket }
    }

    private var parts: InlineArray<8, Part>
    /// The packet of the next event of each part, as far as it is known.
    private var nextPackets = InlineArray<8, UInt64>(repeating: 1)
    private let count: Int
    /// How many connections have got a number.
    private(set) var connectionCount: UInt64 = 0
    /// The ends of the sessions that have ended.
    private(set) var endings = EndingPatterns()
    /// The part whose next batch is needed to go on; nil when all events were handed on.
    public private(set) var needed: Int? = 0

    /// Makes one for so many parts.
    public init(parts count: Int) {
        self.count = count
        parts = InlineArray { _ in Part() }
    }

    /// Exchanges the batch of a part, all of whose events were handed on, for the next one.
    public mutating func exchange(_ batch: inout EventBatch, of part: Int) {
        swap(&parts[part].batch, &batch)
        batch.removeAll()
        nextPackets[part] = parts[part].nextPacket
    }

    /// Tells that no batch of a part will come any more.
    public mutating func complete(_ part: Int) {
        parts[part].isComplete = true
        nextPackets[part] = parts[part].nextPacket
    }

    /// Hands on the events that are certain to be next.
    public mutating func replay(into sink: inout some EventSink & ~Copyable) {
        while true {
            let (first, limit) = earliest()
            guard !parts[first].batch.isEmpty else {
                needed = nextPackets[first] == .max ? nil : first
                return
            }
            replay(first, through: limit, into: &sink)
            nextPackets[first] = parts[first].nextPacket
        }
    }

    /// What a connection is numbered that a part has numbered so.
    func number(of connection: UInt64, in part: Int) -> UInt64 {
        connection < parts[part].numbers.count ? parts[part].numbers[Int(connection)] : 0
    }

    /// The part whose next event is first, and the packet up to which no other part has any.
    ///
    /// Where two have the same next packet, the one without an event to hand on has none of it.
    private func earliest() -> (part: Int, limit: UInt64) {
        var (first, firstPacket, limit) = (0, nextPackets[0], UInt64.max)
        for part in 1..<count {
            let packet = nextPackets[part]
            if packet < firstPacket || packet == firstPacket && parts[first].batch.isEmpty {
                (first, firstPacket, limit) = (part, packet, firstPacket)
            } else {
                limit = min(limit, packet)
            }
        }
        return (first, limit)
    }

    private mutating func replay(_ part: Int, through packet: UInt64, into sink: inout some EventSink & ~Copyable) {
        while !parts[part].batch.isEmpty, parts[part].batch.nextPacket <= packet {
            let connection = parts[part].batch.nextConnection
            let kind = parts[part].batch.nextKind
            if kind == .connection { number(connection, of: part) }
            if kind == .end, let (verdict, sample) = parts[part].batch.nextEnd { endings.note(verdict, sample) }
            parts[part].batch.passNext(numbered: number(of: connection, in: part), into: &sink)
        }
    }

    /// Gives the next number to a connection that a part has numbered so.
    private mutating func number(_ connection: UInt64, of part: Int) {
        connectionCount &+= 1
        let place = Int(connection)
        while parts[part].numbers.count <= place { parts[part].numbers.append(0) }
        parts[part].numbers[place] = connectionCount
    }
}
