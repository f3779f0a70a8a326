/// Why the next segment of a connection needs a closer look; mostly for no reason.
struct Attention: OptionSet {
    let rawValue: UInt8

    /// A segment has ended the connection.
    static let closed = Attention(rawValue: 1)
    /// The acknowledgment of the SYN ACK is still to come.
    static let opening = Attention(rawValue: 2)
    /// The states of its ends may change with any of its first packets.
    static let young = Attention(rawValue: 4)
    /// An end waits for a word of the other (``TCPConnection/unanswered(_:)``).
    static let unanswered = Attention(rawValue: 8)
    /// The segment to be received next may not have reached the other end.
    static let doubtfulSegment = Attention(rawValue: 16)
    /// Nothing but a RST that may not have reached the other end has ended the connection.
    static let doubtfulReset = Attention(rawValue: 32)
    /// A window is closed, or was and is to be told.
    static let closedWindow = Attention(rawValue: 64)

    /// Puts a reason in, or takes it out.
    mutating func set(_ reason: Attention, to isGiven: Bool) {
        if isGiven { insert(reason) } else { remove(reason) }
    }
}
