import Testing
import WebSocketProtocol

@Suite("Bodies of Close frames (RFC 6455 5.5.1)")
struct CloseBodyTests {
    @Test(
        "Code and reason are read, if there and valid",
        arguments: [
            ("", nil, ""),
            ("03", nil, ""),
            ("03e8", 1000, ""),
            ("03e8 627965", 1000, "bye"),
            ("0000", 0, ""),
            ("ffff", 65535, ""),
            ("0fa0 e282ac", 4000, "€"),
            ("0fa0 e282", 4000, nil),
            ("03e8 ff", 1000, nil),
            ("03e8 00", 1000, "\0"),
            ("03e8 eda080", 1000, nil),
        ] as [(String, UInt16?, String?)])
    func rows(hex: String, code: UInt16?, reason: String?) {
        let body = CloseBody([UInt8](hex: hex).span)
        #expect(body == CloseBody(code: code.map { CloseCode(rawValue: $0) }, reason: reason))
    }
}

@Suite("Close codes (RFC 6455 7.4 and IANA's registry)")
struct CloseCodeTests {
    @Test(
        "The codes that may be sent, at the edges of each range",
        arguments: [
            (0, false), (999, false), (1000, true), (1003, true), (1004, false), (1005, false), (1006, false),
            (1007, true), (1014, true), (1015, false), (1016, false), (2999, false), (3000, true), (3999, true),
            (4000, true), (4999, true), (5000, false), (65535, false),
        ])
    func mayBeSent(code: UInt16, expected: Bool) {
        #expect(CloseCode(rawValue: code).mayBeSent == expected)
    }

    @Test(
        "Each code has its registered name",
        arguments: [
            (CloseCode.normalClosure, 1000, "normal closure"), (.goingAway, 1001, "going away"),
            (.protocolError, 1002, "protocol error"), (.unsupportedData, 1003, "unsupported data"),
            (CloseCode(rawValue: 1004), 1004, "reserved"), (.noStatusReceived, 1005, "no status rcvd"),
            (.abnormalClosure, 1006, "abnormal closure"),
            (.invalidFramePayloadData, 1007, "invalid frame payload data"),
            (.policyViolation, 1008, "policy violation"), (.messageTooBig, 1009, "message too big"),
            (.mandatoryExtension, 1010, "mandatory ext."), (.internalError, 1011, "internal error"),
            (.serviceRestart, 1012, "service restart"), (.tryAgainLater, 1013, "try again later"),
            (.badGateway, 1014, "bad gateway"), (.tlsHandshake, 1015, "tls handshake"),
            (CloseCode(rawValue: 0), 0, "unassigned"), (CloseCode(rawValue: 999), 999, "unassigned"),
            (CloseCode(rawValue: 1016), 1016, "unassigned"), (CloseCode(rawValue: 2999), 2999, "unassigned"),
            (CloseCode(rawValue: 3000), 3000, "unauthorized"), (CloseCode(rawValue: 3001), 3001, "registered use"),
            (CloseCode(rawValue: 3003), 3003, "forbidden"), (CloseCode(rawValue: 3008), 3008, "timeout"),
            (CloseCode(rawValue: 3999), 3999, "registered use"), (CloseCode(rawValue: 4000), 4000, "private use"),
            (CloseCode(rawValue: 4999), 4999, "private use"), (CloseCode(rawValue: 5000), 5000, "unassigned"),
        ])
    func names(code: CloseCode, number: UInt16, name: String) {
        #expect(code.rawValue == number)
        #expect("\(code)" == "\(number) \(name)")
        #expect(code.name == name)
    }
}
