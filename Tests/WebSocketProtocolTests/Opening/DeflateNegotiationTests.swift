import Testing

@testable import WebSocketProtocol

/// An offer, a response, and the rules that they break.
struct NegotiationCase: CustomTestStringConvertible {
    var offer: String
    var response: String
    var expected: [OpeningViolation]

    init(_ offer: String, _ response: String, _ expected: OpeningViolation...) {
        self.offer = offer
        self.response = response
        self.expected = expected
    }

    var testDescription: String { "\(offer) → \(response)" }
}

@Suite("The negotiation of permessage-deflate (RFC 7692 7.1)")
struct DeflateNegotiationTests {
    /// `pmd` stands for the extension's name, `snct` and so on for those of its parameters.
    private func extensions(_ text: String) -> [WebSocketExtension] {
        var parser = ExtensionListParser()
        let words = [
            ("pmd", "permessage-deflate"), ("snct", "server_no_context_takeover"),
            ("cnct", "client_no_context_takeover"), ("smwb", "server_max_window_bits"),
            ("cmwb", "client_max_window_bits"),
        ]
        return parser.parse([words.reduce(text) { $0.replacing($1.0, with: $1.1) }])
    }

    @Test(
        "Responses, compared with the offers",
        arguments: [
            NegotiationCase("", ""), NegotiationCase("pmd", ""), NegotiationCase("pmd", "pmd"),
            // That an extension was not offered at all breaks another rule.
            NegotiationCase("", "pmd"), NegotiationCase("x", "x; smwb=99"),
            NegotiationCase("pmd", "pmd; snct; cnct; smwb=8"), NegotiationCase("pmd; cnct", "pmd"),
            NegotiationCase("pmd; snct", "pmd; snct"), NegotiationCase("pmd; snct", "pmd", .deflateServerTakeoverKept),
            NegotiationCase("pmd; smwb=10", "pmd; smwb=10"), NegotiationCase("pmd; smwb=10", "pmd; smwb=9"),
            NegotiationCase("pmd; smwb=10", "pmd; smwb=11", .deflateServerWindowTooLarge),
            NegotiationCase("pmd; smwb=10", "pmd", .deflateServerWindowTooLarge),
            NegotiationCase("pmd; smwb=15", "pmd"),
            NegotiationCase("pmd; cmwb", "pmd; cmwb=12"), NegotiationCase("pmd; cmwb=9", "pmd; cmwb=12"),
            NegotiationCase("pmd; cmwb=9", "pmd"),
            NegotiationCase("pmd", "pmd; cmwb=12", .deflateClientWindowNotOffered),
            NegotiationCase("pmd; cmwb", "pmd; cmwb", .deflateResponseInvalid),
            NegotiationCase("pmd; cmwb", "pmd; cmwb=16", .deflateResponseInvalid),
            NegotiationCase("pmd", "pmd; smwb=08", .deflateResponseInvalid),
            NegotiationCase("pmd", "pmd; smwb=+9", .deflateResponseInvalid),
            NegotiationCase("pmd", "pmd; smwb=\"9\""), NegotiationCase("pmd", "pmd; snct=1", .deflateResponseInvalid),
            NegotiationCase("pmd", "pmd; snct; snct", .deflateResponseInvalid),
            NegotiationCase("pmd", "pmd; mux", .deflateResponseInvalid),
            // The offer that fits best counts.
            NegotiationCase("pmd; snct; smwb=10, pmd; cmwb", "pmd; cmwb=12"),
            NegotiationCase("pmd; snct; smwb=10, pmd", "pmd; cmwb=12", .deflateClientWindowNotOffered),
            NegotiationCase(
                "pmd; snct; smwb=10", "pmd; cmwb=12", .deflateClientWindowNotOffered, .deflateServerWindowTooLarge,
                .deflateServerTakeoverKept),
        ])
    func responses(row: NegotiationCase) {
        let violations = DeflateNegotiation.violations(of: extensions(row.response), to: extensions(row.offer))
        #expect(violations == row.expected)
    }

    @Test(
        "Offers",
        arguments: [
            ("", true), ("x; y=z", true), ("pmd", true), ("pmd; snct; cnct; smwb=8; cmwb=15", true),
            ("pmd; cmwb", true), ("pmd; smwb", false), ("pmd; cmwb=7", false), ("pmd; cmwb=", false),
            ("pmd; cnct=1", false), ("pmd; cmwb; cmwb=9", false), ("pmd; level=9", false), ("pmd, pmd; x", false),
        ])
    func offers(offer: String, isValid: Bool) {
        var parser = ExtensionListParser()
        _ = parser.parse([offer])
        let violations = DeflateNegotiation.violations(ofOffers: extensions(offer))
        #expect(violations == (isValid || parser.isMalformed ? [] : [.deflateOfferInvalid]))
    }
}
