import BasicContainers
import WireFormat

/// The decompression context of one direction (RFC 7692 7.1.1).
///
/// Memory is taken at the first compressed message.
///
/// If bytes that the window should hold are missing, the next message is tried with an empty window. It inflates only
/// if it does not refer to unknown bytes, and then the result is right whatever the window held: zlib and ISA-L refuse
/// every distance that reaches further. So messages that prove themselves restore the context, and no others are shown.
struct Compression: ~Copyable {
    /// Whether messages were refused because the limit of all streams was reached.
    private enum Refusal: UInt8 { case none, unreported, reported }

    /// The negotiated parameters; nil for no compression.
    let parameters: DeflateParameters?
    /// Whether the window lacks bytes that the sender's window holds.
    private(set) var isRegaining = false
    private var inflater: Inflater?
    /// Reads the same data to learn how large a window its sender uses, if a smaller one was negotiated.
    private var distances: DistanceReader?
    /// Bytes taken from the limit of all streams.
    private var reserved = 0
    /// Whether the current message counts as one of the streams' long messages.
    private var isLong = false
    private var refusal = Refusal.none
    /// Whether no message has been inflated since the context was lost.
    private var isLost = false
    /// How often the context was lost; always 0 without context takeover.
    private(set) var lostCount: UInt64 = 0
    /// How often a message was inflated after a loss.
    private(set) var regainedCount: UInt64 = 0

    init(_ parameters: DeflateParameters?) {
        self.parameters = parameters
    }

    /// Begins a message.
    ///
    /// Without context takeover the window is cleared (RFC 7692 7.1.1.1), whatever became of the previous message.
    ///
    /// - Parameters:
    ///   - length: The number of its compressed bytes, as far as known.
    ///   - resources: The memory that the contexts of all streams may still take.
    /// - Returns: Why the message cannot be inflated; nil if it can.
    mutating func begin(length: UInt64, resources: inout StreamResources) -> PayloadWithheld? {
        endLong(&resources)
        guard let parameters else { return .contextLost }
        if inflater == nil, resources.compressible < Inflater.stateByteCount {
            if refusal == .none { refusal = .unreported }
            isRegaining = true
            return .contextLost
        }
        if parameters.noContextTakeover {
            isRegaining = false
            inflater?.reset()
        }
        if inflater == nil {
            // The largest window, whatever was negotiated, so that messages of a sender that exceeds its window inflate
            // too.
            inflater = Inflater(windowBits: DeflateParameters.largestWindowBits)
            if parameters.maxWindowBits < DeflateParameters.largestWindowBits {
                distances = DistanceReader(window: parameters.windowByteCount)
            }
        }
        distances?.begin(reach: reach)
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

    /// Whether a message was refused for lack of memory; true only once.
    mutating func takeRefusal() -> Bool {
        guard refusal == .unreported else { return false }
        refusal = .reported
        return true
    }

    /// Charges the inflater's current memory to the limit of all streams.
    private mutating func charge(_ resources: inout StreamResources) {
        let taken =
            switch inflater {
            case .some(let inflater): inflater.byteCount &+ (distances == nil ? 0 : DistanceReader.byteCount)
            case .none: 0
            }
        guard taken > reserved else { return }
        resources.compressible &-= taken &- reserved
        reserved = taken
    }

    /// Frees the inflater, since no message will follow.
    mutating func end(_ resources: inout StreamResources) {
        inflater = nil
        distances = nil
        endLong(&resources)
        resources.compressible &+= reserved
        reserved = 0
    }

    /// Ends the current message; `isProven` if it was inflated.
    mutating func endMessage(isProven: Bool, resources: inout StreamResources) {
        if isProven { inflater?.end() }
        endLong(&resources)
        if let reader = distances, reader.isProven { distances = nil }
        charge(&resources)
        guard isProven, isRegaining else { return }
        if isLost {
            isLost = false
            regainedCount &+= 1
        }
        // After a full window of known bytes, nothing can refer to unknown ones.
        if hasWholeWindow { isRegaining = false }
    }

    /// Records that the window lacks bytes that the sender's window holds.
    mutating func lose() {
        isRegaining = true
        inflater?.reset()
        guard let parameters, !parameters.noContextTakeover, !isLost else { return }
        isLost = true
        lostCount &+= 1
    }

    /// The number of bytes inflated so far that matches can refer to.
    private var reach: Int {
        switch inflater {
        case .some(let inflater): inflater.inflatedCount
        case .none: 0
        }
    }

    private var hasWholeWindow: Bool { reach >= parameters?.windowByteCount ?? .max }

    /// Whether the current message refers beyond the negotiated window (RFC 7692 7.1.2).
    var exceedsWindow: Bool {
        distances?.exceedsWindow ?? false
    }

    /// Whether the data inflated so far ends at the end of a block.
    var isAtBlockEnd: Bool {
        switch inflater {
        case .some(let inflater): inflater.isAtBlockEnd
        case .none: true
        }
    }

    /// Whether a final block ended (RFC 7692 7.2.3.4) and nothing came after it.
    var isAtStreamEnd: Bool {
        switch inflater {
        case .some(let inflater): inflater.isAtStreamEnd
        case .none: false
        }
    }

    /// Inflates the few bytes left of a message whose data ends inside a block.
    mutating func takeLast(into output: inout UniqueArray<UInt8>) {
        inflater?.takeLast(into: &output)
    }

    /// Inflates from `input` into the free capacity of `output`.
    mutating func inflate(_ input: inout ByteCursor, into output: inout UniqueArray<UInt8>) -> Inflater.Status {
        let rest = input.rest
        let before = input.count
        let status = inflater?.inflate(&input, into: &output) ?? .broken
        distances?.receive(rest.extracting(first: before &- input.count), reach: reach)
        return status
    }
}
