/// How often the whole way from the file to a format may ask for memory, for each packet of a capture: a sixth more than
/// it did when the limit was set.
///
/// What asks is a connection, a session, a long message, not a packet or a frame. Whoever makes it ask less often lowers
/// the limit.
enum AllocationLimit {
    static let perPacket: [String: (summary: Double, trace: Double)] = [
        "small": (0.16, 0.61), "bulk": (0.0125, 0.045), "mixed": (2.75, 3.43), "noise": (0.542, 0.54),
    ]
}
