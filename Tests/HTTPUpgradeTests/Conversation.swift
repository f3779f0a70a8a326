import HTTPUpgrade
import Testing
import WireFormat

/// What two ends sent, in the order in which a capture would show it.
struct Conversation: Sendable, CustomTestStringConvertible {
    struct Piece: Sendable {
        var direction: Direction
        var bytes: [UInt8]
    }

    /// What the conversation tests.
    var name: String
    var pieces: [Piece]
    /// The expected outcomes (`UpgradeDriver.log`).
    var expected: [String]

    var testDescription: String { name }

    /// Creates a conversation.
    init(_ name: String, _ pieces: [Piece], _ expected: [String]) {
        self.name = name
        self.pieces = pieces
        self.expected = expected
    }

    /// All bytes of one direction.
    func stream(of direction: Direction) -> [UInt8] {
        pieces.filter { $0.direction == direction }.flatMap(\.bytes)
    }
}

/// A piece of the initiator's stream; line feeds become CR LF.
func c(_ text: String) -> Conversation.Piece { .init(direction: .fromInitiator, bytes: wire(text)) }
/// A piece of the responder's stream; line feeds become CR LF.
func s(_ text: String) -> Conversation.Piece { .init(direction: .fromResponder, bytes: wire(text)) }
/// A piece of the initiator's stream.
func c(_ bytes: [UInt8]) -> Conversation.Piece { .init(direction: .fromInitiator, bytes: bytes) }
/// A piece of the responder's stream.
func s(_ bytes: [UInt8]) -> Conversation.Piece { .init(direction: .fromResponder, bytes: bytes) }

/// The bytes of `text` with each line feed as CR LF.
func wire(_ text: String) -> [UInt8] {
    text.utf8.flatMap { $0 == UInt8(ascii: "\n") ? [13, 10] : [$0] }
}

/// The upgrade request of RFC 6455 1.3.
let upgrade = """
    GET /chat HTTP/1.1
    Host: server.example.com
    Upgrade: websocket
    Connection: Upgrade
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
    Origin: http://example.com
    Sec-WebSocket-Protocol: chat, superchat
    Sec-WebSocket-Version: 13


    """

/// The response of RFC 6455 1.3.
let accepted = """
    HTTP/1.1 101 Switching Protocols
    Upgrade: websocket
    Connection: Upgrade
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
    Sec-WebSocket-Protocol: chat


    """

/// Masked and unmasked "Hello" (RFC 6455 5.7).
let maskedHello: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
let hello: [UInt8] = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
