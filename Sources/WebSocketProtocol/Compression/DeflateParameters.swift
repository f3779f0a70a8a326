/// How one direction of a session is compressed (RFC 7692 7.1): what the response fixed for its sender.
public struct DeflateParameters: Hashable, Sendable {
    /// Whether every message is compressed on its own (no context takeover).
    public var noContextTakeover: Bool
    /// The base-2 logarithm of the largest window that the sender may use: 8 to 15.
    public var maxWindowBits: Int

    /// The parameters assumed for a session whose upgrade was not seen: the largest window, and context takeover.
    public static let unknown = DeflateParameters(noContextTakeover: false, maxWindowBits: 15)

    /// The base-2 logarithm of deflate's largest window (RFC 1951 2).
    static let largestWindowBits = 15

    /// The size of the window in bytes.
    var windowByteCount: Int { 1 &<< maxWindowBits }

    /// The registered name of the extension.
    package static let extensionName = "permessage-deflate"

    /// Creates parameters.
    public init(noContextTakeover: Bool = false, maxWindowBits: Int = 15) {
        self.noContextTakeover = noContextTakeover
        self.maxWindowBits = maxWindowBits
    }

    /// Reads what the response's extensions say about messages of `sender`; nil if permessage-deflate was not
    /// negotiated.
    ///
    /// Only the response counts. A parameter that RFC 7692 7.1 does not allow leaves the default in place.
    public init?(_ extensions: [WebSocketExtension], sender: Role) {
        guard let negotiated = extensions.first(where: { $0.name == DeflateParameters.extensionName }) else {
            return nil
        }
        let side = sender == .client ? "client" : "server"
        noContextTakeover = false
        maxWindowBits = 15
        for parameter in negotiated.parameters {
            if parameter.name == side + "_no_context_takeover" {
                noContextTakeover = true
            } else if parameter.name == side + "_max_window_bits",
                let bits = parameter.value.flatMap({ Int($0) }), (8...15).contains(bits)
            {
                maxWindowBits = bits
            }
        }
    }
}
