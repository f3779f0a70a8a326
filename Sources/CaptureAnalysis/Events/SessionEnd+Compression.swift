public import WebSocketProtocol

extension SessionEnd {
    /// The results of permessage-deflate in one direction of a session (RFC 7692).
    public struct Compression: Sendable {
        /// The negotiated parameters of this direction; nil if the response was not seen, or did not negotiate
        /// compression.
        public var parameters: DeflateParameters?
        /// Complete messages that were compressed.
        public var compressedMessages: UInt64 = 0
        /// Complete messages that were not compressed.
        public var uncompressedMessages: UInt64 = 0
        /// Compressed messages that were not inflated, because they are withheld or incomplete.
        public var withheldMessages: UInt64 = 0
        /// Payload bytes on the wire of inflated messages.
        public var compressedBytes: UInt64 = 0
        /// Bytes of those messages after inflating.
        public var inflatedBytes: UInt64 = 0
        /// How often the decompression context was lost (RFC 7692 7.1.1); 0 without context takeover.
        public var contextsLost: UInt64 = 0
        /// How often a message then proved that the context was regained.
        public var contextsRegained: UInt64 = 0

        /// Creates empty counts.
        public init(parameters: DeflateParameters?) {
            self.parameters = parameters
        }

        /// Adds the counts of another direction or session.
        mutating func add(_ other: Compression) {
            compressedMessages &+= other.compressedMessages
            uncompressedMessages &+= other.uncompressedMessages
            withheldMessages &+= other.withheldMessages
            compressedBytes &+= other.compressedBytes
            inflatedBytes &+= other.inflatedBytes
            contextsLost &+= other.contextsLost
            contextsRegained &+= other.contextsRegained
        }

        /// Inflated bytes per byte on the wire, in thousandths; nil if none were inflated.
        public var ratioInThousandths: UInt64? {
            guard compressedBytes > 0 else { return nil }
            let (product, overflow) = inflatedBytes.multipliedReportingOverflow(by: 1000)
            return overflow ? inflatedBytes / compressedBytes &* 1000 : product / compressedBytes
        }

        /// Whether compression was negotiated or seen.
        var isUsed: Bool { parameters != nil || compressedMessages &+ withheldMessages > 0 }

        /// Counts a compressed message.
        mutating func count(_ message: Message) {
            if message.isComplete { compressedMessages &+= 1 }
            guard let length = message.length else {
                withheldMessages &+= 1
                return
            }
            compressedBytes &+= message.wireLength
            inflatedBytes &+= length
        }
    }
}
