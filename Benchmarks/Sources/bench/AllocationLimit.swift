/// How often the whole way from the file to a format may ask for memory, for each packet of a capture.
///
/// What remains is asked for once for each connection, session and long message.
enum AllocationLimit {
    static let perPacket: [String: (summary: Double, trace: Double)] = [
        "small": (1, 1), "bulk": (1, 1), "mixed": (1, 1), "noise": (1, 1),
    ]
}
