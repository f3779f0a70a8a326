package import WireFormat

/// Where the packets of a written file come from.
package struct PacketSource: Sendable {
    /// The interface's name.
    package var interface: String
    /// The link type of its packets.
    package var linkType: LinkType
    /// Captured bytes per packet at most.
    package var snapLength: Int
    /// The filter expression that the packets matched; nil if there was none.
    package var filter: String?
    /// The name and version of the writing program.
    package var application: String

    package init(interface: String, linkType: LinkType, snapLength: Int, filter: String?, application: String) {
        self.interface = interface
        self.linkType = linkType
        self.snapLength = snapLength
        self.filter = filter
        self.application = application
    }
}

/// What a pcapng file says about a packet.
package struct PacketNote: Hashable, Sendable {
    /// A comment (draft-ietf-opsawg-pcapng 3.5).
    package var comment: String?
    /// The packet's number in the capture that the file is part of (4.3, epb_packetid).
    package var number: UInt64?
    /// Its owner, for ``PacketFileWriter/keepPackets(where:)``; only with a number.
    package var connection: UInt64?
    /// Further options, as ``PacketOptions`` has them.
    package var options: [UInt8]?

    /// Creates a note.
    package init(
        comment: String? = nil, number: UInt64? = nil, connection: UInt64? = nil, options: [UInt8]? = nil
    ) {
        self.comment = comment
        self.number = number
        self.connection = connection
        self.options = options
    }
}
