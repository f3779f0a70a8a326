import CaptureAnalysis
import WebSocketProtocol

/// What compression came to in one direction, in words.
enum CompressionText {
    /// Such as `12 of 14 messages, 4.2 times smaller, window 2^15, context kept`.
    static func words(_ direction: SessionEnd.Compression) -> String {
        let compressed = direction.compressedMessages
        var words = ["\(compressed) of \(Quantity.count(compressed &+ direction.uncompressedMessages, "message"))"]
        if let ratio = direction.ratioInThousandths { words.append(size(ratio)) }
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

    /// How much larger the messages are without compression: one decimal is enough for a person.
    private static func size(_ ratioInThousandths: UInt64) -> String {
        let tenths = (ratioInThousandths &+ 50) / 100
        return "\(tenths / 10).\(tenths % 10) times smaller"
    }

    private static func times(_ count: UInt64) -> String { count == 1 ? "once" : "\(count) times" }
}
