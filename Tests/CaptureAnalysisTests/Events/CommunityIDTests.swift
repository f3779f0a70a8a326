import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing

@Suite("The community ID")
struct CommunityIDTests {
    /// Test vectors of the specification (corelight/community-id-spec, version 1, seed 0).
    @Test(
        "The community ID is the one that other tools compute",
        arguments: [
            ("128.232.110.120:34855", "66.35.250.204:80", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
            ("66.35.250.204:80", "128.232.110.120:34855", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        ])
    func knownValues(client: String, server: String, expected: String) {
        var talk = TCPConversation(from: Endpoint(client), to: Endpoint(server))
        talk.openWebSocket()
        #expect(Analysis(talk).connections.map(\.communityID) == [expected])
    }

    @Test("The community ID is the same for both directions, even in IPv6, and different for other ports")
    func symmetry() {
        func value(_ client: String, _ server: String) -> String? {
            var talk = TCPConversation(from: Endpoint(client), to: Endpoint(server))
            talk.openWebSocket()
            return Analysis(talk).connections.first?.communityID
        }
        #expect(value("[2001:db8::1]:50000", "[2001:db8::2]:80") == value("[2001:db8::2]:80", "[2001:db8::1]:50000"))
        #expect(value("[2001:db8::1]:50000", "[2001:db8::2]:80") != value("[2001:db8::1]:50001", "[2001:db8::2]:80"))
        #expect(value("10.0.0.1:80", "10.0.0.1:81") == value("10.0.0.1:81", "10.0.0.1:80"))
    }
}
