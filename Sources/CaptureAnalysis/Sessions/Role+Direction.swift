import WireFormat
import WebSocketProtocol
import WireFormat

extension Role {
    /// Who sends a direction, where the client sends another or the same.
    @inline(__always)
    init(_ direction: Direction, client: Direction) {
        self = direction == client ? .client : .server
    }

    /// What this end sends, where the client sends this direction.
    @inline(__always)
    func direction(client: Direction) -> Direction {
        self == .client ? client : client.opposite
    }
}
