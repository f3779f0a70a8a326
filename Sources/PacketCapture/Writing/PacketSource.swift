public import WireFormat

/// Where the packets of a file that is written come from.
public struct PacketSource: Sendable {
    /// The interface's name.
    public var interface: String
    /// What the first bytes of its packets are.
    public var linkType: LinkType
    /// Bytes captured of each packet at most.
    public var snapLength: Int
    /// The filter expression that the packets matched; nil where there was none.
    public var filter: String?
    /// The program that writes: its name and version.
    public var application: String

    /// Makes a description.
    public init(interface: String, linkType: LinkType, snapLength: Int, filter: String?, application: String) {
        self.interface = interface
        self.linkType = linkType
        self.snapLength = snapLength
        self.filter = filter
        self.application = application
    }
}
