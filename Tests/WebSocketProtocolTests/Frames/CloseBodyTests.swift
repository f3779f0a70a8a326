import Testing
import WebSocketProtocol

@Suite("Bodies of Close frames (RFC 6455 5.5.1)")
struct CloseBodyTests {
    @Test(
        "What they say",
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
