import WireFormat

/// A section of a pcapng file (draft-ietf-opsawg-pcapng 4.1): its byte order and interfaces, and what its comments say.
struct PcapngSection {
    /// The longest section header whose comments are read.
    static let longestCommentedHeader = 1 << 16
    /// The most interfaces.
    private static let maximumInterfaceCount = 65_536

    /// Whether numbers are stored with their highest byte first.
    private(set) var isBigEndian = false
    /// What the section says about the capture that its packets are part of.
    private(set) var part: CapturePart?
    /// Whether packets have their numbers in the whole capture.
    private(set) var keepsNumbers = false
    private(set) var interfaces: [PcapngInterface] = []
    /// The owners of the interfaces' names.
    private var names: [InterfaceName] = []

    /// Creates the state before the first section.
    init() {}

    /// Begins with the header at the start of `input` (section 4.1), which is not consumed.
    ///
    /// - Throws: `cutShort` or `damaged`.
    init(at input: inout ReadBuffer) throws(ReadingError) {
        let magic = input.load(UInt32.self, at: 8, isBigEndian: true)
        switch magic {
        case 0x1A2B_3C4D: isBigEndian = true
        case 0x4D3C_2B1A: isBigEndian = false
        default:
            throw .damaged(
                .betweenPackets, at: input.offset,
                "unknown byte order 0x\(String(magic, radix: 16)) in a section header block")
        }
        guard input.fill(16) else { throw .ended(.betweenPackets, input, "inside the section header block") }
        let major = input.load(UInt16.self, at: 12, isBigEndian: isBigEndian)
        let minor = input.load(UInt16.self, at: 14, isBigEndian: isBigEndian)
        guard major == 1 else {
            throw .damaged(
                .betweenPackets, at: input.offset, "pcapng version \(major).\(minor) is not supported")
        }
    }

    /// Reads from a section's comments (section 3.5, opt_comment) whether it is part of a capture.
    mutating func readComments(of block: PcapngBlock, in input: borrowing ReadBuffer) {
        var options = PcapngOptions(of: block, from: 24, isBigEndian: isBigEndian)
        while part == nil, let (code, position, length) = options.next(in: input) {
            guard code == 1, length < 1024 else { continue }
            part = unsafe CapturePart(text: String(decoding: input.bytes(at: position, count: length), as: UTF8.self))
        }
        keepsNumbers = part?.keepsNumbers ?? false
    }

    /// Keeps an interface (section 4.2).
    mutating func addInterface(
        _ block: PcapngBlock, in input: borrowing ReadBuffer
    ) throws(ReadingError) {
        guard block.length >= 20 else { throw block.tooShort(in: input) }
        guard interfaces.count < Self.maximumInterfaceCount else {
            throw .damaged(.betweenPackets, at: input.offset, "more than \(Self.maximumInterfaceCount) interfaces")
        }
        let options = try PcapngInterfaceOptions(of: block, in: input, isBigEndian: isBigEndian)
        let number = input.load(UInt16.self, at: 8, isBigEndian: isBigEndian)
        let name = options.name ?? options.description
        if let name { names.append(name) }
        unsafe interfaces.append(
            PcapngInterface(
                linkType: LinkType(rawValue: UInt32(number)),
                snapLength: input.load(UInt32.self, at: 12, isBigEndian: isBigEndian),
                clock: TickClock(resolution: options.resolution ?? 6, offset: options.offset ?? 0),
                name: name?.bytes ?? UnsafeBufferPointer(start: nil, count: 0)))
    }
}
