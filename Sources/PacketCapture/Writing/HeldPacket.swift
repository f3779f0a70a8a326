public import WireFormat

/// A packet that is kept beyond the call that handed it on.
public struct HeldPacket: Sendable {
    /// When it was captured.
    public let time: Timestamp
    /// How many bytes it had on the wire.
    public let originalLength: Int
    /// The captured bytes.
    public let bytes: [UInt8]
    /// The name of the interface that captured it; empty where it is not known.
    public let interfaceName: [UInt8]

    /// Copies a packet.
    public init(_ packet: borrowing CapturedPacket) {
        time = packet.time
        originalLength = packet.originalLength
        bytes = unsafe packet.bytes.withUnsafeBufferPointer { unsafe Array($0) }
        interfaceName = unsafe packet.interfaceName.withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// What it takes in memory, about.
    var cost: Int { bytes.count &+ 128 }
}
