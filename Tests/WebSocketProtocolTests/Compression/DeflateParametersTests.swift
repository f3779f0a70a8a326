import Testing

@testable import WebSocketProtocol

@Suite("Negotiated compression (RFC 7692 7.1)")
struct DeflateParametersTests {
    @Test(
        "Each end's own parameters count",
        arguments: [
            ([], false, 15, false, 15),
            ([("server_no_context_takeover", nil)], false, 15, true, 15),
            ([("client_no_context_takeover", nil)], true, 15, false, 15),
            ([("client_max_window_bits", "9"), ("server_max_window_bits", "10")], false, 9, false, 10),
            ([("client_max_window_bits", "8"), ("server_no_context_takeover", nil)], false, 8, true, 15),
            // Values that RFC 7692 7.1.2 does not allow.
            ([("client_max_window_bits", nil)], false, 15, false, 15),
            ([("client_max_window_bits", "7"), ("server_max_window_bits", "16")], false, 15, false, 15),
            ([("client_max_window_bits", ""), ("server_max_window_bits", "many")], false, 15, false, 15),
            ([("unknown", "1")], false, 15, false, 15),
        ] as [([(String, String?)], Bool, Int, Bool, Int)])
    func parameters(
        parameters: [(String, String?)], clientForgets: Bool, clientBits: Int, serverForgets: Bool, serverBits: Int
    ) {
        let extensions = [
            WebSocketExtension(name: "x-other", parameters: []),
            WebSocketExtension(
                name: "permessage-deflate",
                parameters: parameters.map { WebSocketExtension.Parameter(name: $0.0, value: $0.1) }),
        ]
        #expect(
            DeflateParameters(extensions, sender: .client)
                == DeflateParameters(noContextTakeover: clientForgets, maxWindowBits: clientBits))
        #expect(
            DeflateParameters(extensions, sender: .server)
                == DeflateParameters(noContextTakeover: serverForgets, maxWindowBits: serverBits))
    }

    @Test("Nothing is compressed unless the extension was negotiated")
    func notNegotiated() {
        #expect(DeflateParameters([], sender: .client) == nil)
        let other = WebSocketExtension(name: "x-webkit-deflate-frame", parameters: [])
        #expect(DeflateParameters([other], sender: .server) == nil)
    }
}
