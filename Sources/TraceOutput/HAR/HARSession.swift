import CaptureAnalysis
import PacketDecoding
import WebSocketProtocol
import WireFormat

/// What the entry of an open session needs.
///
/// A class, since a dictionary would move it on every change.
final class HARSession {
    /// Messages that the entry lacks, or has only in part.
    struct Omissions {
        var contextLost: UInt64 = 0
        var bombs: UInt64 = 0
        var undecoded: UInt64 = 0
        var incomplete: UInt64 = 0
        var cut: UInt64 = 0
        var notUTF8: UInt64 = 0
        var gaps: UInt64 = 0
    }

    let client: Endpoint
    let server: Endpoint
    let tcp: ConnectionStart.ThreeWayHandshake
    /// The time of its first evidence.
    let firstSeen: Timestamp
    /// Whether a request was already sent on the connection, whose opening belongs to that request.
    var isConnectionUsed = false
    /// Whether an upgrade was accepted.
    var isAccepted = false
    /// Whether the beginning of its entry has been written.
    var hasBegun = false
    /// How long its phases took.
    var timings = HARTimings()
    /// When the answer to its upgrade came, or the session was first seen.
    var answered: Timestamp
    var omissions = Omissions()
    /// The entry up to its first message, then its messages.
    var messages = SpooledRecords()
    /// Its control frames, and what precedes the first.
    var controls = SpooledRecords()

    init(_ start: borrowing ConnectionStart, at time: Timestamp) {
        client = start.client
        server = start.server
        tcp = start.tcp
        firstSeen = time
        answered = time
    }

    /// The URL if the request is missing from the capture.
    var unknownURL: String { "ws://\(server)/" }

    /// The bytes that it has in memory.
    var bytesInMemory: Int { messages.bytesInMemory + controls.bytesInMemory }
}

/// The phases of an exchange, in nanoseconds; unknown later ones are 0, as HAR requires.
struct HARTimings {
    /// From SYN to ACK; nil if not seen, or if an earlier exchange opened the connection.
    var connect: Int64?
    /// From the ACK to the request.
    var send: Int64 = 0
    /// From the request to its answer.
    var wait: Int64 = 0
    /// From the answer to the end.
    var receive: Int64 = 0

    /// The sum of all phases.
    var total: Int64 {
        [connect ?? 0, send, wait, receive].reduce(0) { sum, phase in
            let (total, overflow) = sum.addingReportingOverflow(phase)
            return overflow ? .max : total
        }
    }
}

extension HARSession.Omissions {
    /// Counts a message that the entry lacks.
    mutating func count(_ reason: PayloadWithheld) {
        switch reason {
        case .contextLost: contextLost &+= 1
        case .bomb: bombs &+= 1
        case .incomplete: incomplete &+= 1
        case .undecodedExtension: undecoded &+= 1
        }
    }

    /// Describes what the entry lacks; nil if it lacks nothing.
    var comment: String? {
        let withheld = contextLost &+ bombs &+ undecoded
        var parts: [String] = []
        if withheld > 0 {
            var reasons: [String] = []
            if contextLost > 0 { reasons.append("\(contextLost) cannot be inflated") }
            if bombs > 0 { reasons.append("\(bombs) inflate beyond the limits") }
            if undecoded > 0 { reasons.append("\(undecoded) are in an extension's form") }
            parts.append(
                "\(Quantity.count(withheld, "message")) withheld (\(reasons.joined(separator: ", ")))")
        }
        if incomplete > 0 { parts.append("\(Quantity.count(incomplete, "message")) incomplete, left out") }
        if cut > 0 { parts.append("\(Quantity.count(cut, "message")) cut") }
        if notUTF8 > 0 { parts.append("\(Quantity.count(notUTF8, "text message")) not UTF-8") }
        if gaps > 0 { parts.append(Quantity.count(gaps, "gap") + " in the capture") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
