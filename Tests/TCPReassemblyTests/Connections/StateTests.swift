import PacketDecoding
import Testing

@testable import TCPReassembly

/// A conversation, and the states of both ends after each of its segments.
struct StateRow: CustomTestStringConvertible {
    var testDescription: String
    var steps: [(sent: Sent, initiator: TCPState, responder: TCPState)]

    init(_ description: String, _ steps: (Sent, TCPState, TCPState)...) {
        testDescription = description
        self.steps = steps
    }
}

/// An observer cannot see a segment arrive: an end has changed its state once a segment shows it.
@Suite("The states of both ends after every segment")
struct StateTests {
    static let rows = [
        StateRow(
            "RFC 9293 figure 6: the three-way handshake",
            (.initiator(.syn, 100), .synSent, .listen),
            (.responder(.syn, 300, ack: 101), .synSent, .synReceived),
            (.initiator([], 101, ack: 301), .established, .established),
            (.initiator([], 101, ack: 301, "data"), .established, .established)),
        StateRow(
            "RFC 9293 figure 7: simultaneous open",
            (.initiator(.syn, 100), .synSent, .listen),
            (.responder(.syn, 300), .synReceived, .synReceived),
            (.initiator(.syn, 100, ack: 301), .synReceived, .synReceived),
            (.responder(.syn, 300, ack: 101), .established, .established)),
        StateRow(
            "RFC 9293 figure 8: the old SYN's answer is reset",
            (.initiator(.syn, 90), .synSent, .listen),
            (.responder(.syn, 300, ack: 91), .synSent, .synReceived),
            (.initiator(.rst, 91), .closed, .closed)),
        StateRow(
            "RFC 9293 figure 9: a SYN meets a half-open connection",
            (.initiator([], 100, ack: 300, "x"), .established, .established),
            (.responder([], 300, ack: 101, "y"), .established, .established),
            (.initiator(.syn, 400), .established, .established),
            (.responder([], 301, ack: 101), .established, .established),
            (.initiator(.rst, 101), .closed, .closed)),
        StateRow(
            "RFC 9293 figure 10: data meet a half-open connection",
            (.initiator([], 100, ack: 300, "x"), .established, .established),
            (.responder([], 300, ack: 101, "0123456789"), .established, .established),
            (.initiator(.rst, 101), .closed, .closed)),
        StateRow(
            "RFC 9293 figure 11: an old SYN meets two that listen",
            (.initiator(.syn, 90), .synSent, .listen),
            (.responder(.syn, 300, ack: 91), .synSent, .synReceived),
            (.initiator(.rst, 91), .closed, .closed)),
        StateRow(
            "RFC 9293 figure 12: the usual close",
            (.initiator([], 100, ack: 300), .established, .established),
            (.initiator(.fin, 100, ack: 300), .finWait1, .established),
            (.responder([], 300, ack: 101), .finWait2, .closeWait),
            (.responder(.fin, 300, ack: 101), .finWait2, .lastAck),
            (.initiator([], 101, ack: 301), .timeWait, .closed)),
        StateRow(
            "RFC 9293 figure 13: simultaneous close",
            (.initiator([], 100, ack: 300), .established, .established),
            (.initiator(.fin, 100, ack: 300), .finWait1, .established),
            (.responder(.fin, 300, ack: 100), .finWait1, .finWait1),
            (.initiator([], 101, ack: 301), .closing, .finWait2),
            (.responder([], 301, ack: 101), .timeWait, .timeWait)),
        StateRow(
            "both FINs at once: FIN and ACK in one segment",
            (.initiator([], 100, ack: 300), .established, .established),
            (.initiator(.fin, 100, ack: 300), .finWait1, .established),
            (.responder(.fin, 300, ack: 101), .finWait2, .lastAck),
            (.initiator([], 101, ack: 301), .timeWait, .closed)),
        StateRow(
            "the responder closes first, and the handshake is seen",
            (.initiator(.syn, 100), .synSent, .listen),
            (.responder(.syn, 300, ack: 101), .synSent, .synReceived),
            (.initiator([], 101, ack: 301), .established, .established),
            (.responder(.fin, 301, ack: 101), .established, .finWait1),
            (.initiator([], 101, ack: 302), .closeWait, .finWait2),
            (.initiator(.fin, 101, ack: 302), .lastAck, .finWait2),
            (.responder([], 302, ack: 102), .closed, .timeWait)),
    ]

    @Test("are the expected ones", arguments: rows)
    func states(row: StateRow) {
        var wire = Wire([row.steps[0].sent])
        #expect(wire.states == [row.steps[0].initiator, row.steps[0].responder], "segment 1")
        for (index, step) in row.steps.enumerated().dropFirst() {
            wire.receive(step.sent)
            #expect(wire.states == [step.initiator, step.responder], "segment \(index + 1)")
        }
    }

    @Test("have the RFC's names")
    func names() {
        let states: [TCPState] = [
            .listen, .synSent, .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck,
            .timeWait, .closed, .unknown,
        ]
        #expect(
            states.map(\.name) == [
                "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                "CLOSING", "LAST-ACK", "TIME-WAIT", "CLOSED", "?",
            ])
    }
}
