/// Numbers the connections on which WebSocket was seen, from 1.
struct ConnectionNumbers {
    /// How many numbers were given.
    var count: UInt64 = 0
    /// Whether numbers are reused once their connections have ended.
    private let areReused: Bool
    private var free: [UInt64] = []

    init(areReused: Bool) {
        self.areReused = areReused
    }

    /// Numbers a connection.
    mutating func take() -> UInt64 {
        if let number = free.popLast() { return number }
        count &+= 1
        return count
    }

    /// Frees a number, since nothing more will be reported of its connection.
    mutating func release(_ number: UInt64) {
        if areReused { free.append(number) }
    }
}
