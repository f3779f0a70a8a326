/// Names of servers, each kept once for all connections of a shard while there is room.
struct SharedNames {
    /// The most names.
    private static let countLimit = 4096
    /// The longest name that is shared, in bytes of UTF-8.
    private static let longest = 255
    /// What a name takes beside its bytes: the string's object, and its share of the table.
    private static let overhead = 80

    private var names: Set<String> = []
    /// The bytes that they take.
    private(set) var byteCount = 0

    /// The same name, sharing its memory with that of other connections if possible.
    ///
    /// - Returns: The name, and whether its memory is the connection's own to count.
    mutating func share(_ name: String) -> (name: String, isOwn: Bool) {
        // Short strings take no memory of their own.
        guard name.utf8.count > 15 else { return (name, false) }
        if let place = names.firstIndex(of: name) { return (names[place], false) }
        guard name.utf8.count <= Self.longest, names.count < Self.countLimit else { return (name, true) }
        names.insert(name)
        byteCount &+= name.utf8.count &+ Self.overhead
        return (name, false)
    }
}
