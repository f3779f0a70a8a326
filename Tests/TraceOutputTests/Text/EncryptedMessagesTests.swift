import Testing

@testable import CaptureAnalysis
@testable import TraceOutput

@Suite("TLS connections that were not decrypted")
struct EncryptedMessagesTests {
    @Test("are reported by server with how they ended; different alerts are not named")
    func server() {
        var server = EncryptedServer(name: "a.example")
        (server.connections, server.bytesFromClients, server.bytesFromServers) = (3, 1000, 2000)
        server.longest = 1_500_000_000
        server.versions = ["1.3"]
        server.endings = [
            .init(by: .client, layer: .fin, connections: 2), .init(by: .server, layer: .tlsAlert, connections: 1),
        ]
        #expect(
            EncryptedMessages.text(server)
                == "a.example: 3 connections, TLS 1.3; → 1.0 kB, ← 2.0 kB; at most 1.500 s; "
                + "2 closed by the client, 1 ended by the server with an alert")
    }
}
