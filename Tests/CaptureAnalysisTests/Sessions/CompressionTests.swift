import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("The effect of compression")
struct CompressionTests {
    /// "Hello" compressed (RFC 7692 7.2.3.1), and again in the same window (7.2.3.2).
    private let hello: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
    private let again: [UInt8] = [0xf2, 0x00, 0x11, 0x00, 0x00]

    private func talk(offer: String, answer: String?, fill: (inout TCPConversation) -> Void) -> Analysis {
        let name = "Sec-WebSocket-Extensions: "
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(fields: name + offer + "\r\n"), from: .client)
        talk.send(
            TCPConversation.upgradeResponse(fields: answer.map { name + $0 + "\r\n" } ?? ""), from: .server)
        fill(&talk)
        return Analysis(talk)
    }

    private func send(_ payload: [UInt8], from sender: ExpectedMessage.Sender, in talk: inout TCPConversation) {
        talk.send(WireFrame(1, payload, from: sender, compressed: true).bytes, from: sender)
    }

    @Test("The effect of compression is counted for each direction, by its own parameters")
    func directions() throws {
        let analysis = talk(
            offer: "permessage-deflate; client_max_window_bits",
            answer: "permessage-deflate; server_no_context_takeover; client_max_window_bits=12"
        ) { talk in
            send(hello, from: .client, in: &talk)
            send(again, from: .client, in: &talk)
            talk.sendText("plain", from: .client)
            send(hello, from: .server, in: &talk)
        }
        #expect(analysis.texts == ["Hello", "Hello", "plain", "Hello"])
        let compression = try #require(analysis.end.compression)
        let client = compression.client
        #expect(client.parameters == DeflateParameters(maxWindowBits: 12))
        #expect(client.compressedMessages == 2 && client.uncompressedMessages == 1 && client.withheldMessages == 0)
        #expect(client.compressedBytes == 12 && client.inflatedBytes == 10)
        #expect(client.ratioInThousandths == 833)
        let server = compression.server
        #expect(server.parameters == DeflateParameters(noContextTakeover: true))
        #expect(server.compressedMessages == 1 && server.uncompressedMessages == 0)
    }

    @Test("Compression that was refused has no effect, and the handshake shows the offer")
    func refused() throws {
        let analysis = talk(offer: "x-webkit-deflate-frame, permessage-deflate, permessage-deflate; a", answer: nil) {
            _ in
        }
        #expect(try analysis.end.compression == nil)
        let handshake = try #require(analysis.handshakes.first)
        #expect(handshake.offeredExtensions.count == 3 && handshake.extensions.isEmpty)
        #expect(handshake.refusedExtensions == ["x-webkit-deflate-frame", "permessage-deflate"])
    }

    @Test("The effect of compression includes contexts lost in a gap, and messages withheld for it")
    func contexts() throws {
        let analysis = talk(offer: "permessage-deflate", answer: "permessage-deflate") { talk in
            send(hello, from: .server, in: &talk)
            let lost = WireFrame(1, hello, from: .server, compressed: true).bytes
            talk.send(Array(lost[..<4]), from: .server)
            talk.lose(5, from: .server)
            talk.acknowledge(from: .client)
            send(again, from: .server, in: &talk)
            send(hello, from: .server, in: &talk)
            talk.wait(milliseconds: 2000)
            talk.acknowledge(from: .client)
        }
        #expect(analysis.rules == ["tcp.gap"])
        let server = try #require(analysis.end.compression).server
        #expect(server.contextsLost == 1 && server.contextsRegained == 1)
        #expect(server.withheldMessages == 2 && server.compressedBytes == 14 && server.inflatedBytes == 10)
    }

    @Test("Compression of an expired draft is named, and not guessed at")
    func legacy() throws {
        let name = "x-webkit-deflate-frame"
        let analysis = talk(offer: name, answer: name) { talk in
            send(hello, from: .client, in: &talk)
            talk.sendText("plain", from: .client)
        }
        #expect(analysis.rules.first == "extension.legacy-deflate")
        #expect(!analysis.rules.contains("frame.reserved-bits"))
        #expect(analysis.texts == ["", "plain"])
        #expect(analysis.messages.map(\.message.payload) == [.withheld(.undecodedExtension), .whole])
        #expect(analysis.messages.map(\.message.length) == [nil, 5])
        #expect(try analysis.end.compression == nil)
    }
}
