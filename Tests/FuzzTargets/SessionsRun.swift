import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// One analysis of a session whose packets are made here, so that every input gets to its frames.
///
/// Input: a byte of settings (bit 0: permessage-deflate; 1: the capture lacks the upgrade), then the session's pieces,
/// the client's and the server's in turn: a byte of settings (bit 0: not in the capture; 1: after the next; 2: a snap
/// length cut half of it; 3: sent twice; 4: FIN; 5: acknowledges all that the other end sent; 6: a second has passed),
/// its length in two bytes, its bytes. The segments of a piece that is cut go out at once.
struct SessionsRun {
    private struct Piece {
        let settings: UInt8
        let from: Role
        let bytes: [UInt8]
    }

    private let settings: UInt8
    private var pieces: [Piece] = []

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        settings = input.byte()
        var from = Role.client
        while input.count > 0 {
            let settings = input.byte()
            pieces.append(Piece(settings: settings, from: from, bytes: input.take(Int(input.short()))))
            from = from == .client ? .server : .client
        }
    }

    /// Analyses the session; where nothing of it is lost, what is told does not depend on how it is cut.
    func check() throws(Disagreement) {
        let whole = told(.whole)
        guard settings & 2 == 0, pieces.allSatisfy({ $0.settings & 0xbf == 0 }) else { return }
        for cutting in [Cutting.byteByByte, .random] {
            let told = told(cutting)
            guard told != whole else { continue }
            let place = zip(told, whole).prefix { $0 == $1 }.count
            throw Disagreement(
                words: "cut \(cutting): \(told[place...].prefix(2)), whole: \(whole[place...].prefix(2))")
        }
    }

    private func told(_ cutting: Cutting) -> [SessionEvents.Told] {
        var conversation = MadeConversation()
        if settings & 2 == 0 {
            let deflate = settings & 1 == 0 ? "" : "Sec-WebSocket-Extensions: permessage-deflate\r\n"
            conversation.open()
            conversation.send(
                Array(
                    """
                    GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(deflate)\r\n
                    """.utf8), from: .client)
            conversation.send(
                Array(
                    """
                    HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\(deflate)\r\n
                    """.utf8), from: .server)
        }
        for piece in pieces {
            if piece.settings & 64 != 0 { conversation.pause() }
            let last = cutting.pieces(of: piece.bytes).count - 1
            for (index, bytes) in cutting.pieces(of: piece.bytes).enumerated() {
                conversation.send(
                    bytes, from: piece.from, settings: index == last ? piece.settings : 0, atOnce: index > 0)
            }
        }
        return SessionEvents.of(conversation.packets)
    }
}
