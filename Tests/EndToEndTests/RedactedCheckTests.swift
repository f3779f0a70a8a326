import Foundation
import TestSupport
import Testing

@Suite("The check of redacted captures")
struct RedactedCheckTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    private static let isSame = "checked: the trace is that of the original, except for texts\n"

    /// Redacts packets.
    ///
    /// - Returns: Whether they have the trace of the original, and whether the report says so.
    private func redact(_ packets: [TimedPacket]) throws -> (isSame: Bool, isSaid: Bool) {
        let input = try folder.write("original.pcap", packets.pcap())
        let path = folder.path("redacted.pcapng")
        let run = try Wstap.run(["redact", input, "-o", path])
        #expect(run.status == 0)
        let (original, copy) = (try SharedEvents.events(of: input), try SharedEvents.events(of: path))
        #expect(!original.isEmpty)
        return (try SharedEvents.lines(original) == SharedEvents.lines(copy), run.errors.hasSuffix(Self.isSame))
    }

    @Test("ends at the end of the whole capture, though its last packets are left out", arguments: [false, true])
    func openSession(isFoundByBytes: Bool) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        let opening = talk.packets.count
        for number in 0..<30 { talk.sendText("hidden number \(number * number)", from: .server) }
        var other = TCPConversation(from: "10.0.0.8:2000", to: "10.0.0.9:25", at: 1_700_000_100)
        other.open()
        other.send("220 mail\r\n", from: .server)
        let packets = talk.packets.dropFirst(isFoundByBytes ? opening : 0) + other.packets
        #expect(try redact(Array(packets)) == (true, true))
    }

    @Test("says that the addresses before a proxy are gone, if an out-of-band byte stands in their line")
    func proxied() throws {
        var talk = TCPConversation()
        talk.open()
        let place = talk.packets.count
        talk.send("PROXY TCP4 192.0.2.1 192.0.2.2 1!234 80\r\n", from: .client)
        talk.acknowledge(from: .server)
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.sendText("hidden", from: .server)
        talk.finish(first: .client)
        var packets = talk.packets
        packets[place].setUrgent(33)
        #expect(try redact(packets) == (false, false))
    }
}
