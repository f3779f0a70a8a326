import BasicContainers
import WireFormat

/// The compression context of one direction (RFC 7692 7.1.1); its memory is taken at the first compressed message.
///
/// When bytes that the window should hold are not there, the next message is tried with an empty window. It inflates
/// only when it does not reach back beyond what is known, and then it is right, whatever the window held: zlib and
/// ISA-L refuse every distance beyond it. So the context is regained from messages that prove themselves, and no other is shown.
struct Compression: ~Copyable {
    /// What was negotiated; nil for nothing.
    let parameters: DeflateParameters?
    /// Whether the window lacks bytes that the sender's has.
    private(set) var isRegaining = false
    private var inflater: Inflater?
    /// Bytes that it has taken out of the streams' common bound.
    private var reserved = 0
    /// Whether the message that was begun is one of the streams' long ones.
    private var isLong = false
    /// Whether a message was refused since the common bound was reached.
    private(set) var isRefused = false
    /// Whether no message has been inflated since the context was lost.
    private var isLost = false
    /// How often the context was lost; none is where every message is compressed on its own.
    private(set) var lostCount: UInt64 = 0
    /// How often a message was inflated behind that.
    private(set) var regainedCount: UInt64 = 0

    init(_ parameters: DeflateParameters?) {
        self.parameters = parameters
    }

    /// Begins a message; tells why it cannot be inflated.
    ///
    /// Without context takeover the window is forgotten (RFC 7692 7.1.1.1), whatever became of the message before.
    ///
    /// - Parameters:
    ///   - length: Its compressed bytes, as far as they are known.
    ///   - resources: Holds what contexts of all streams may still take.
    /// - Returns: Why not; nil when it can be.
    mutating func begin(length: UInt64, resources: inout StreamResources) -> PayloadWithheld? {
        endLong(&resources)
        guard let parameters else { return .contextLost }
        if inflater == nil, resources.compressible < Inflater.stateByteCount {
            isRefused = true
            isRegaining = true
            return .contextLost
        }
        if parameters.noContextTakeover {
            isRegaining = false
            inflater?.reset()
        }
        if inflater == nil { inflater = Inflater(windowBits: parameters.maxWindowBits) }
        charge(&resources)
        if length >= Inflater.longMessage, resources.longMessages > 0 {
            resources.longMessages &-= 1
            isLong = true
            inflater?.beginLong()
        }
        return inflater == nil ? .contextLost : nil
    }

    private mutating func endLong(_ resources: inout StreamResources) {
        guard isLong else { return }
        isLong = false
        resources.longMessages &+= 1
    }

    /// Counts what the inflater has taken by now.
    private mutating func charge(_ resources: inout StreamResources) {
        let taken =
            switch inflater {
            case .some(let inflater): inflater.byteCount
            case .none: 0
            }
        guard taken > reserved else { return }
        resources.compressible &-= taken &- reserved
        reserved = taken
    }

    /// Frees the inflater: nothing more will come.
    mutating func end(_ resources: inout StreamResources) {
        inflater = nil
        endLong(&resources)
        resources.compressible &+= reserved
        reserved = 0
    }

    /// Takes a message's end into account; `isProven` tells whether it was inflated.
    mutating func endMessage(isProven: Bool, resources: inout StreamResources) {
        if isProven { inflater?.end() }
        endLong(&resources)
        charge(&resources)
        guard isProven, isRegaining else { return }
        if isLost {
            isLost = false
            regainedCount &+= 1
        }
        // Behind a whole window of known bytes nothing can reach back to what is not.
        if hasWholeWindow { isRegaining = false }
    }

    /// Tells that what the window should hold is not known any more.
    mutating func lose() {
        isRegaining = true
        inflater?.reset()
        guard let parameters, !parameters.noContextTakeover, !isLost else { return }
        isLost = true
        lostCount &+= 1
    }

    private var hasWholeWindow: Bool {
        switch inflater {
        case .some(let inflater): inflater.hasWholeWindow
        case .none: false
        }
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
