/// A VLAN tag of an Ethernet frame.
public struct VLANTag: Sendable {
    /// The EtherType that announces it: 0x8100 (802.1Q), 0x88a8 (802.1ad), 0x9100 (older QinQ).
    public var type: UInt16
    /// The priority and the VLAN.
    public var vlan: UInt16

    /// Makes a tag.
    public init(_ vlan: UInt16 = 42, type: UInt16 = 0x8100) {
        self.type = type
        self.vlan = vlan
    }
}
