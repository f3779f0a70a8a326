import CaptureAnalysis
import WebSocketProtocol

/// What compression came to in one direction, in words.
enum CompressionText {
    /// Such as `12 of 14 messages at 23.8 % of their size, window 2^15, context takeover`.
    static func words(_ direction: SessionEnd.Compression) -> String {
        let compressed = direction.compressedMessages
        let all = Quantity.count(compressed &+ direction.uncompressedMessages, "message")
        var words = ["\(compressed) of \(all)\(size(direction))"]
        if let parameters = direction.parameters {
            words.append("window 2^\(parameters.maxWindowBits)")
            words.append(parameters.noContextTakeover ? "no context takeover" : "context takeover")
        }
        if direction.withheldMessages > 0 { words.append("\(direction.withheldMessages) not inflated") }
        if direction.contextsLost > 0 {
            words.append("context lost \(times(direction.contextsLost))")
            words.append("found again \(times(direction.contextsRegained))")
        }
        return words.joined(separator: ", ")
    }

    /// How much of their size is left to the messages: one decimal is enough for a person.
    private static func size(_ direction: SessionEnd.Compression) -> String {
        guard direction.inflatedBytes > 0 else { return "" }
        let (product, overflow) = direction.compressedBytes.multipliedReportingOverflow(by: 1000)
        let tenths = overflow ? 1000 : product / direction.inflatedBytes
        return " at \(tenths / 10).\(tenths % 10) % of their size"
    }

    private static func times(_ count: UInt64) -> String { count == 1 ? "once" : "\(count) times" }
}
