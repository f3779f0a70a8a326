import WireFormat

/// Counts consecutive GET requests for one path on a connection, whatever their query: a client that polls.
struct RepeatedRequests {
    /// How many in a row count as polling.
    static let threshold: UInt8 = 5

    /// A hash of the latest path: collisions only miscount.
    private var path: UInt32 = 0
    private var count: UInt8 = 0

    /// Counts a request.
    ///
    /// - Returns: Whether it is part of a long enough row.
    mutating func isPolling(_ line: RequestLine, in head: Span<UInt8>) -> Bool {
        guard head.equals("GET", in: line.method) else {
            count = 0
            return false
        }
        // FNV-1a.
        var hash: UInt32 = 0x811c_9dc5
        for index in line.target.prefix(256) {
            if head[index] == UInt8(ascii: "?") { break }
            hash = (hash ^ UInt32(head[index])) &* 0x0100_0193
        }
        count = hash == path ? min(count + 1, Self.threshold) : 1
        path = hash
        return count >= Self.threshold
    }
}
