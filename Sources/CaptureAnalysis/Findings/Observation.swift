/// What the analysis reports besides the rules that the protocol modules check: seeing it takes both streams, TCP, or
/// the analysis's own bounds.
enum Observation: CaseIterable {
    // The opening handshake.
    case draft
    case earlyFrames
    case bytesBeforeAnswer
    case textAfterHead
    case textAfterAnswer
    case legacyDeflate
    case extensionNotDecoded
    case notWebSocket
    case otherProtocol
    // Both streams of a session.
    case closeNotAnswered
    case leftOpen
    case pingUnanswered
    case pingsUnanswered
    case pingsUnansweredAndForgotten
    case pongUnsolicited
    case lengthByteOrder
    case lengthForm
    // The capture and TCP.
    case timeBackwards
    case gap
    case snapLength
    case placeLost
    case wrongChecksum
    case overlapConflict
    case shortHopLimit
    case notAccepted
    case resetIgnored
    case resetSurvived
    case resetInexact
    case dataAfterReset
    case urgentByte
    case outOfWindow
    case farAcknowledgment
    case zeroWindow
    case zeroWindowToTheEnd
    case nagleStall
    case nagleStalls
    // TLS.
    case tlsBadRecord
    case tlsWrongSecret
    case tlsNoSecret
    case tlsRenegotiation
    case tlsLost
    case tlsTruncated
    // Bounds of the analysis.
    case deliveryLimit
    case segmentLimit
    case searchLimit
    case connectionLimit
}

extension Rule {
    /// The rules that the analysis as a whole checks.
    init(_ observation: Observation) {
        switch observation {
        case .draft:
            self.init(
                "handshake.draft", .warning, "RFC 6455 4.1",
                "The upgrade follows draft {NAME}, whose frames are not decoded.")
        case .earlyFrames:
            self.init(
                "handshake.early-frames", .warning, "RFC 6455 4.1",
                "The client sent frames before it had the response to its upgrade request.")
        case .bytesBeforeAnswer:
            self.init(
                "handshake.early-frames", .warning, "RFC 6455 4.1",
                "The server sent bytes before its response to the upgrade request: clients take them for the response.")
        case .textAfterHead:
            self.init(
                "handshake.text-after-head", .warning, "RFC 6455 4.1",
                "Text, not a frame, follows the empty line that ends the upgrade request.")
        case .textAfterAnswer:
            self.init(
                "handshake.text-after-head", .warning, "RFC 6455 4.1",
                "Text, not a frame, follows the empty line that ends the response to the upgrade request.")
        case .legacyDeflate:
            self.init(
                "extension.legacy-deflate", .warning, "RFC 6455 9",
                "The ends negotiated {NAME}, an expired draft that compresses frames: such frames are not inflated.")
        case .extensionNotDecoded:
            self.init(
                "extension.not-decoded", .warning, "RFC 6455 9",
                "The ends negotiated {NAME}, which wstap does not decode: payloads that it may change are withheld.")
        case .notWebSocket:
            self.init(
                "framing.implausible", .error, "RFC 6455 5.2",
                "No valid Sec-WebSocket-Accept proves the upgrade, and what follows it does not look like frames: it is not decoded."
            )
        case .otherProtocol:
            self.init(
                "framing.implausible", .error, "RFC 6455 5.2",
                "These bytes are not a frame and look like {NAME}; they are not decoded.")
        case .closeNotAnswered:
            self.init(
                "close.not-answered", .warning, "RFC 6455 5.5.1",
                "This end did not answer the other end's Close frame.")
        case .leftOpen:
            self.init(
                "close.tcp-left-open", .warning, "RFC 6455 7.1.1",
                "The server left TCP open for {N} ms after both Close frames; it should close it at once.")
        case .pingUnanswered:
            self.init(
                "ping.unanswered", .warning, "RFC 6455 5.5.2", "A Ping was not answered (packet {P}).")
        case .pingsUnanswered:
            self.init(
                "ping.unanswered", .warning, "RFC 6455 5.5.2",
                "{N} Pings were not answered (the first in packet {P}).")
        case .pingsUnansweredAndForgotten:
            self.init("ping.unanswered", .warning, "RFC 6455 5.5.2", "{N} Pings were not answered.")
        case .pongUnsolicited:
            self.init("pong.unsolicited", .note, "RFC 6455 5.5.3", "The Pong answers no outstanding Ping.")
        case .lengthByteOrder:
            self.init(
                "frame.length-byte-order", .error, "RFC 6455 5.2",
                "Five segments in a row begin with a frame whose length is impossible; with the bytes of the length in the other order, each holds a whole frame (here of {N} bytes)."
            )
        case .lengthForm:
            self.init(
                "frame.length-form", .error, "RFC 6455 5.2",
                "Five segments in a row begin with a frame whose length is impossible; each holds a whole frame (here of {N} bytes) if {WHAT}."
            )
        case .timeBackwards:
            self.init(
                "capture.time-backwards", .warning, "wstap verdicts",
                "The capture's clock runs backwards by {N} ms here: times before and after cannot be compared.")
        case .gap:
            self.init(
                "tcp.gap", .warning, "wstap resynchronisation",
                "The capture lacks segments from this end: {N} bytes are missing here.")
        case .snapLength:
            self.init(
                "tcp.snap-length", .warning, "wstap resynchronisation",
                "The capture's snap length cuts packets from this end short: {N} bytes are missing here.")
        case .placeLost:
            self.init(
                "gap.place-lost", .warning, "wstap resynchronisation",
                "After a gap it never became clear where frames begin; {N} captured bytes are not decoded.")
        case .wrongChecksum:
            self.init(
                "tcp.wrong-checksum", .warning, "RFC 9293 3.1",
                "Segments with a wrong TCP checksum are ignored: the other checksums in their direction are right.")
        case .overlapConflict:
            self.init(
                "tcp.overlap-conflict", .warning, "RFC 9293 3.10.7.4",
                "Retransmitted segments carry different bytes; for each byte, wstap uses the copy that a Linux receiver would keep."
            )
        case .shortHopLimit:
            self.init(
                "tcp.ttl-short", .warning, "RFC 791 3.2",
                "Segments with a lower hop limit are ignored: later traffic shows that they never arrived.")
        case .notAccepted:
            self.init(
                "tcp.not-accepted", .warning, "wstap resynchronisation",
                "Segments are ignored in favor of others, as the receiver ignored them too: they {TEXT}.")
        case .resetIgnored:
            self.init(
                "tcp.reset-ignored", .warning, "RFC 9293 3.10.7.4",
                "A RST (packet {P}) is ignored: it is not exactly at the next byte that the other end expects, and one of the ends went on."
            )
        case .resetSurvived:
            self.init(
                "tcp.reset-survived", .warning, "RFC 9293 3.10.7.4",
                "A RST (packet {P}) ended nothing: both ends went on, and acknowledged what the other one sent.")
        case .resetInexact:
            self.init(
                "tcp.reset-inexact", .note, "RFC 9293 3.10.7.4",
                "The RST (packet {P}) is not exactly at the next byte that the other end expects, as far as the capture shows: it may have ended nothing, though neither end went on."
            )
        case .dataAfterReset:
            self.init(
                "tcp.data-after-reset", .note, "RFC 9293 3.5.2",
                "After the RST (packet {P}), {N} bytes more came from this end (from packet {Q} on).")
        case .urgentByte:
            self.init(
                "tcp.urgent", .warning, "RFC 9293 3.8.5",
                "The byte at the urgent pointer is out of band: like a Linux receiver by default, wstap leaves it out.")
        case .outOfWindow:
            self.init(
                "tcp.out-of-window", .warning, "RFC 9293 3.10.7.4",
                "Segments that lie outside the receiver's window are ignored.")
        case .farAcknowledgment:
            self.init(
                "tcp.far-acknowledgment", .warning, "RFC 9293 3.10.7.4",
                "Acknowledgments from this end are ignored: they are more than 1 GiB beyond what the other end was seen to send."
            )
        case .zeroWindow:
            self.init(
                "tcp.zero-window", .warning, "RFC 9293 3.8.6.1",
                "This end's receive window was closed for {N} ms, from packet {P} to {Q}: the other end could send nothing."
            )
        case .zeroWindowToTheEnd:
            self.init(
                "tcp.zero-window", .warning, "RFC 9293 3.8.6.1",
                "This end's receive window was closed for {N} ms, from packet {P} to the end: the other end could send nothing."
            )
        case .nagleStall:
            self.init(
                "tcp.nagle-stall", .warning, "RFC 9293 3.7.4",
                "A segment of {N} bytes in the middle of a frame was held back for {N} ms until the previous one was acknowledged (Nagle's algorithm and delayed acknowledgments)."
            )
        case .nagleStalls:
            self.init(
                "tcp.nagle-stall", .warning, "RFC 9293 3.7.4",
                "{N} segments in the middle of frames were held back like this: {N} ms in all, {N} ms at most.")
        case .tlsBadRecord:
            self.init(
                "tls.bad-record", .error, "RFC 8446 5.2",
                "A record from this end fails authentication: its bytes are withheld.")
        case .tlsWrongSecret:
            self.init(
                "tls.wrong-secret", .warning, "RFC 9850 2",
                "The key log has secrets for a connection's client random, but they do not decrypt what one end sends, or both: they are wrong, or all its records are damaged."
            )
        case .tlsNoSecret:
            self.init(
                "tls.no-secret", .warning, "RFC 9850 2",
                "The key log has no secret for what this end sends: that is not decrypted.")
        case .tlsRenegotiation:
            self.init(
                "tls.renegotiation", .warning, "RFC 5246 7.4.1.1",
                "The ends negotiate new keys: nothing is decrypted from here on.")
        case .tlsLost:
            self.init(
                "tls.lost", .warning, "wstap resynchronisation",
                "After lost bytes no further record of this end was found: nothing is decrypted from here on.")
        case .tlsTruncated:
            self.init(
                "tls.truncated", .note, "RFC 8446 6.1",
                "This end closed TCP without a close_notify: what it sent may have been cut off.")
        case .deliveryLimit:
            self.init(
                "limit.deliveries", .note, "wstap limits",
                "Too many messages await acknowledgment; the delivery of the oldest is not reported.")
        case .segmentLimit:
            self.init(
                "limit.deliveries", .note, "wstap limits",
                "Too many segments were out of order or retransmitted; deliveries do not account for the oldest.")
        case .searchLimit:
            self.init(
                "limit.search", .warning, "wstap limits",
                "The search for frames had given up on this end before the session was found: what it sent before is not decoded."
            )
        case .connectionLimit:
            self.init(
                "limit.connections", .warning, "wstap limits",
                "Too many connections are open; the one that was silent longest is no longer followed.")
        }
    }
}
