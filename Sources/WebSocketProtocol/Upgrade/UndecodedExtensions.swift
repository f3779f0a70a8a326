/// The negotiated extensions that are not decoded here: all but permessage-deflate.
public struct UndecodedExtensions: Hashable, Sendable {
    /// Their names, in the order of the response.
    public let names: [String]
    /// The reserved bits of a frame's first byte (0x40, 0x20, 0x10) that they may use (RFC 6455 5.2, 9.2).
    ///
    /// A frame with one of them carries a payload in a form of theirs.
    public let reservedBits: UInt8

    /// Finds them among the extensions that a response names.
    public init(_ negotiated: [WebSocketExtension]) {
        names = negotiated.map(\.name).filter { $0 != DeflateParameters.extensionName }
        var bits: UInt8 = 0
        for name in names { bits |= UndecodedExtensions.isLegacyDeflate(name) ? 0x40 : 0x70 }
        // RFC 7692 6: RSV1 is permessage-deflate's where that was negotiated too.
        let hasDeflate = names.count < negotiated.count
        reservedBits = hasDeflate ? bits & 0x30 : bits
    }

    /// Whether a name is that of the expired draft that compressed each frame by itself, as WebKit had it.
    public static func isLegacyDeflate(_ name: String) -> Bool {
        name == "x-webkit-deflate-frame" || name == "deflate-frame"
    }
}
