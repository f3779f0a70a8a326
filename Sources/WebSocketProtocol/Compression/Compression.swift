import BasicContainers
import WireFormat

/// The compression context of one direction (RFC 7692 7.1.1); zlib's state is made at the first compressed message.
///
/// When bytes that the window should hold are not there, the next message is tried with an empty window. It inflates
/// only when it does not reach back beyond what is known, and then it is right, whatever the window held: zlib refuses
/// every distance beyond it. So the context is regained from messages that prove themselves, and no other is shown.
struct Compression: ~Copyable {
    /// What was negotiated; nil for nothing.
    let parameters: DeflateParameters?
    /// Whether the window lacks bytes that the sender's has.
    private(set) var isRegaining = false
    private var inflater: Inflater?

    init(_ parameters: DeflateParameters?) {
        self.parameters = parameters
    }

    /// Begins a message; tells why it cannot be inflated.
    ///
    /// Without context takeover the window is forgotten (RFC 7692 7.1.1.1), whatever became of the message before.
    mutating func begin() -> PayloadWithheld? {
        guard let parameters else { return .contextLost }
        if parameters.noContextTakeover {
            isRegaining = false
            inflater?.reset()
        }
        if inflater == nil { inflater = Inflater(windowBits: parameters.maxWindowBits) }
        return inflater == nil ? .contextLost : nil
    }

    /// Tells that what the window should hold is not known any more.
    mutating func lose() {
        isRegaining = true
        inflater?.reset()
    }

    /// Whether everything inflated so far ends at the end of a block.
    var isAtBlockEnd: Bool {
        switch inflater {
        case .some(let inflater): inflater.isAtBlockEnd
        case .none: true
        }
    }

    /// Whether a final block ended (RFC 7692 7.2.3.4) and nothing came behind it.
    var isAtStreamEnd: Bool {
        switch inflater {
        case .some(let inflater): inflater.isAtStreamEnd
        case .none: false
        }
    }

    /// Inflates from `input` into the free capacity of `output`.
    mutating func inflate(_ input: inout ByteCursor, into output: inout UniqueArray<UInt8>) -> Inflater.Status {
        inflater?.inflate(&input, into: &output) ?? .broken
    }
}
