import WireFormat

/// The kinds of HTTP exchanges on a connection, to help a user who finds no WebSocket.
package struct HTTPTraffic: OptionSet, Hashable, Sendable {
    /// The flags.
    package let rawValue: UInt8

    /// Creates a set of flags.
    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// At least one head of a request or a response was read.
    package static let exchanges = HTTPTraffic(rawValue: 1)
    /// A response was of type text/event-stream.
    package static let eventStream = HTTPTraffic(rawValue: 2)
    /// A request was one of Engine.IO's or SockJS's polling transports, or the fifth GET in a row for a path.
    package static let polling = HTTPTraffic(rawValue: 4)
}

extension HTTPTraffic {
    /// Whether a request target belongs to a polling transport: Engine.IO's `transport=polling`, SockJS's
    /// `/prefix/server/session/xhr` and the like.
    static func isPolling(target: Range<Int>, in head: Span<UInt8>) -> Bool {
        var pathEnd = target.upperBound
        var lastSegment = target.lowerBound
        var slashes = 0
        for index in target {
            switch head[index] {
            case UInt8(ascii: "/") where pathEnd == target.upperBound:
                slashes += 1
                lastSegment = index + 1
            case UInt8(ascii: "?") where pathEnd == target.upperBound:
                pathEnd = index
            case UInt8(ascii: "t") where pathEnd < target.upperBound:
                if head.starts(with: "transport=polling", at: index, in: target) { return true }
            default: break
            }
        }
        guard slashes >= 3 else { return false }
        let transports: [StaticString] = ["xhr", "xhr_streaming", "xhr_send", "jsonp", "jsonp_send"]
        return transports.contains { head.equals($0, in: lastSegment..<pathEnd) }
    }
}
