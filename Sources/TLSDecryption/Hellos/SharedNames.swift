/// The name of a server, in an object so that each connection has but a reference.
final class ServerName: Sendable {
    let text: String
    /// The bytes that it takes from the connection that has it; 0 if others may have it too.
    let cost: Int

    fileprivate init(_ text: String, cost: Int) {
        self.text = text
        self.cost = cost
    }
}

/// Names of servers, each kept once for all connections of a shard while there is room.
struct SharedNames {
    /// The most names.
    private static let countLimit = 4096
    /// The longest name that is shared, in bytes of UTF-8.
    private static let longest = 255

    /// What a name takes beside its bytes: both objects, and its share of the table.
    private static let overhead = 128

    private var names: [String: ServerName] = [:]
    /// The bytes that they take.
    private(set) var byteCount = 0

    /// The name as others have it, if it can be shared.
    mutating func share(_ name: String) -> ServerName {
        if let known = names[name] { return known }
        let cost = name.utf8.count &+ Self.overhead
        guard name.utf8.count <= Self.longest, names.count < Self.countLimit else {
            return ServerName(name, cost: cost)
        }
        let new = ServerName(name, cost: 0)
        names[name] = new
        byteCount &+= cost
        return new
    }
}
