package import CaptureAnalysis
import PacketDecoding
import WebSocketProtocol
package import WireFormat

/// What an analysis has reported of each connection, except texts and numbers of packets: equal for a capture and its
/// redacted copy, unless the redaction has changed the trace.
package struct TraceDigest: Sendable {
    private struct Connection: Sendable {
        /// The sum of the hashes of its events, so that their order within a packet does not matter.
        var sum: UInt64 = 0
        /// Whether frames were found by how bytes look.
        var wasSearched = false
        /// Whether a difference has another reason.
        var isDifferent = false
    }

    /// The connections whose traces differ.
    package struct Difference: Sendable {
        /// All of them, in order.
        package var connections: [UInt64] = []
        /// Those for which other keys may help: their frames were found by how bytes look.
        package var searched: [UInt64] = []
    }

    /// By ``CaptureAnalysis/ConnectionStart/record``.
    private var connections: [UInt64: Connection] = [:]

    /// Creates an empty digest.
    package init() {}

    /// Adds an event of a connection.
    package mutating func add(_ event: borrowing Event, at time: Timestamp, of record: UInt64) {
        var hasher = Hasher()
        hasher.combine(time.nanoseconds)
        switch event {
        case .connection(let start):
            hasher.combine(0)
            hasher.combine(start.opening)
            hasher.combine(start.tcp.connectTime)
            // Addresses may be replaced.
            hasher.combine(start.proxied?.version)
            hasher.combine(start.proxied?.client.port)
            hasher.combine(start.proxied?.server.port)
        case .handshake(let handshake):
            hasher.combine(1)
            Self.add(handshake, to: &hasher)
        case .frame(let frame):
            hasher.combine(2)
            Self.add(frame, to: &hasher)
        case .message(let message):
            hasher.combine(3)
            hasher.combine(message.from)
            hasher.combine(message.message)
            hasher.combine(message.isInferred)
        case .gap(let gap):
            hasher.combine(4)
            hasher.combine(gap.from)
            hasher.combine(gap.streamOffset)
            hasher.combine(gap.length)
        case .resync(let resync):
            connections[record, default: Connection()].wasSearched = true
            hasher.combine(5)
            hasher.combine(resync.from)
            hasher.combine(resync.streamOffset)
            hasher.combine(resync.confidence)
        case .finding(let finding):
            hasher.combine(6)
            hasher.combine(finding.rule)
            hasher.combine(finding.from)
            hasher.combine(finding.streamOffset)
        case .end(let end):
            hasher.combine(7)
            hasher.combine(end.duration)
            hasher.combine([
                end.tcp.retransmittedSegments, end.tcp.outOfOrderSegments, end.tcp.duplicateSegments, end.tcp.gapBytes,
            ])
            Self.add(end.verdict, to: &hasher)
        case .capture, .segment, .alert, .encrypted, .exchange, .delivery, .summary: return
        }
        connections[record, default: Connection()].sum &+= UInt64(truncatingIfNeeded: hasher.finalize())
    }

    /// Records that the traces of a connection will differ, whatever the keys.
    mutating func expectDifference(of record: UInt64) {
        connections[record, default: Connection()].isDifferent = true
    }

    private static func add(_ handshake: borrowing Handshake, to hasher: inout Hasher) {
        hasher.combine(handshake.status)
        hasher.combine(handshake.isAcceptValid)
        hasher.combine(handshake.isAnswerMissing)
        hasher.combine(handshake.responseTime)
        hasher.combine(handshake.offeredExtensions)
        hasher.combine(handshake.extensions)
        hasher.combine(handshake.subprotocol == nil)
        for header in [handshake.requestHeader, handshake.responseHeader] {
            header.forEach { _, _ in hasher.combine(true) }
            hasher.combine(false)
        }
    }

    private static func add(_ event: borrowing FrameEvent, to hasher: inout Hasher) {
        let frame = event.frame
        hasher.combine(event.from)
        hasher.combine(frame.streamOffset)
        hasher.combine(frame.header.firstByte)
        hasher.combine(frame.header.maskingKey == nil)
        hasher.combine(frame.header.payloadLength)
        hasher.combine(frame.missing)
        hasher.combine(event.origin.time.nanoseconds)
        hasher.combine(event.isInferred)
        hasher.combine(event.answer?.roundTrip)
    }

    private static func add(_ verdict: borrowing SessionEnd.Verdict, to hasher: inout Hasher) {
        var verdict = copy verdict
        verdict.reason = nil
        verdict.clientEvent?.reason = nil
        verdict.serverEvent?.reason = nil
        // What a rule was broken by may be a text.
        hasher.combine(verdict.failure?.rule?.id)
        verdict.failure?.rule = nil
        hasher.combine(verdict)
    }

    /// Compares it with the digest of the redacted copy.
    ///
    /// - Parameters:
    ///   - copy: That digest.
    ///   - numbers: For each connection, the first packet of it in the copy.
    /// - Returns: The connections with a difference.
    package func difference(from copy: TraceDigest, _ numbers: [UInt64: UInt64]) -> Difference {
        var difference = Difference()
        for (record, connection) in connections {
            let other = numbers[record].flatMap { copy.connections[$0] }
            guard other?.sum != connection.sum else { continue }
            difference.connections.append(record)
            let wasSearched = connection.wasSearched || other?.wasSearched == true
            if wasSearched, !connection.isDifferent { difference.searched.append(record) }
        }
        difference.connections.sort()
        return difference
    }
}

/// The digest of a redacted copy.
package struct CopyDigest: EventSink {
    /// What was reported so far.
    package private(set) var digest = TraceDigest()
    private var records: [SessionID: UInt64] = [:]

    /// Creates an empty digest.
    package init() {}

    package mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        switch event {
        case .connection(let start): records[context.session] = start.record
        default: break
        }
        guard let record = records[context.session] else { return }
        digest.add(event, at: context.time, of: record)
        switch event {
        case .end: records[context.session] = nil
        default: break
        }
    }
}
