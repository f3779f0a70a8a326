public import WebSocketProtocol

extension SessionEnd {
    /// What permessage-deflate came to in one direction of a session (RFC 7692).
    public struct Compression: Sendable {
        /// What the response fixed for this direction; nil if it was not seen, or did not negotiate compression.
        public var parameters: DeflateParameters?
        /// Complete messages that were compressed.
        public var compressedMessages: UInt64 = 0
        /// Complete messages that were not compressed.
        public var uncompressedMessages: UInt64 = 0
        /// Compressed messages that were not inflated: withheld, or incomplete.
        public var withheldMessages: UInt64 = 0
        /// Payload bytes on the wire of those that were inflated.
        public var compressedBytes: UInt64 = 0
        /// What these bytes inflated to.
        public var inflatedBytes: UInt64 = 0
        /// How often the bytes that further messages may refer to became unknown (RFC 7692 7.1.1); 0 if every message
        /// is compressed on its own.
        public var contextsLost: UInt64 = 0
        /// How often, after that, a message proved that its successors inflate again.
        public var contextsRegained: UInt64 = 0

        /// Begins before the first message.
        public init(parameters: DeflateParameters?) {
            self.parameters = parameters
        }

        /// Adds what compression came to elsewhere.
        mutating func add(_ other: Compression) {
            compressedMessages &+= other.compressedMessages
            uncompressedMessages &+= other.uncompressedMessages
            withheldMessages &+= other.withheldMessages
            compressedBytes &+= other.compressedBytes
            inflatedBytes &+= other.inflatedBytes
            contextsLost &+= other.contextsLost
            contextsRegained &+= other.contextsRegained
        }

        /// Thousandths of inflated bytes for each byte on the wire; nil if none were inflated.
        public var ratioInThousandths: UInt64? {
            guard compressedBytes > 0 else { return nil }
            let (product, overflow) = inflatedBytes.multipliedReportingOverflow(by: 1000)
            return overflow ? inflatedBytes / compressedBytes &* 1000 : product / compressedBytes
        }

        /// Whether it was negotiated or seen.
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
