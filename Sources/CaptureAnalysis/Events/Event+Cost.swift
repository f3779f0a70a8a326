import WebSocketProtocol
import WireFormat

extension Event {
    /// The approximate memory that an event takes besides its own few words, in bytes: charged by whatever keeps
    /// events.
    package var cost: Int {
        switch self {
        case .frame(let frame): frame.close?.reason?.utf8.count ?? 0
        case .capture, .segment, .message, .gap, .resync, .delivery: 0
        case .handshake(let handshake): handshake.cost
        case .exchange(let exchange): 512 &+ exchange.heads.cost
        case .alert: 256
        case .connection(let start):
            512 &+ (start.interface?.utf8.count ?? 0) &+ (start.encryption?.cost ?? 0)
        case .encrypted(let connection):
            connection.offeredProtocols.reduce(512 &+ connection.encryption.cost) { $0 &+ 32 &+ $1.utf8.count }
        case .finding(let finding): 256 &+ finding.text.utf8.count
        case .end(let end): 1024 &+ (end.verdict.reason?.utf8.count ?? 0)
        case .summary: 4096
        }
    }
}

extension Handshake {
    fileprivate var cost: Int {
        512 &+ url.utf8.count &+ target.utf8.count &+ host.utf8.count &+ requestHeader.cost &+ responseHeader.cost
            &+ offeredExtensions.cost &+ extensions.cost
    }
}

extension HTTPHeads {
    fileprivate var cost: Int {
        url.utf8.count &+ target.utf8.count &+ requestHeader.cost &+ responseHeader.cost
    }
}

extension Encryption {
    fileprivate var cost: Int { (serverName?.utf8.count ?? 0) &+ (applicationProtocol?.utf8.count ?? 0) }
}

extension [WebSocketExtension] {
    fileprivate var cost: Int {
        reduce(0) { sum, one in
            let stride = MemoryLayout<WebSocketExtension.Parameter>.stride
            return one.parameters.reduce(sum &+ 64 &+ one.name.utf8.count &+ 2 &* one.parameters.count &* stride) {
                $0 &+ Self.heap($1.name) &+ ($1.value.map(Self.heap) ?? 0)
            }
        }
    }

    /// The memory that a string takes besides its two words: none if it is short.
    private static func heap(_ string: String) -> Int { string.utf8.count > 15 ? string.utf8.count &+ 32 : 0 }
}
