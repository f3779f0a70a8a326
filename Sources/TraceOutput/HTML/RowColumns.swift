/// A row of the report's list: a message, a control frame, a finding or a gap.
struct ReportRow {
    /// What a row is, besides the opcodes of RFC 6455 5.2 (0 to 15).
    enum Kind {
        static let note: UInt8 = 16
        static let warning: UInt8 = 17
        static let error: UInt8 = 18
        static let gap: UInt8 = 19
        static let resync: UInt8 = 20
        static let handshake: UInt8 = 21
        static let end: UInt8 = 22
        /// Added if neither end sent it.
        static let ofNobody: UInt8 = 0x40
        /// Added if the server sent it.
        static let ofServer: UInt8 = 0x80
    }

    /// Further flags; bits 4 to 6 say why the payload is withheld.
    struct Flags: OptionSet {
        let rawValue: UInt8
        static let isIncomplete = Flags(rawValue: 1)
        static let isCompressed = Flags(rawValue: 2)
        static let isInferred = Flags(rawValue: 4)
        static let isCut = Flags(rawValue: 8)
        static let isText = Flags(rawValue: 128)
    }

    var kind: UInt8
    var flags: Flags = []
    /// The index of its session in the report plus 1; 0 for none.
    var session: UInt64 = 0
    /// Nanoseconds since the capture's first packet.
    var elapsed: Int64
    var packet: UInt64
    /// The length of its payload plus 1; 0 if unknown.
    var length: UInt64 = 0
    /// For a message its length on the wire; for a Pong its round trip in nanoseconds plus 1 (0 if there is none).
    var extra: UInt64 = 0
    var frames: UInt64 = 0
    /// The number of payload bytes kept plus 1; 0 if the payload is not kept.
    var kept: UInt64 = 0
}

/// Rows as columns of byte planes, which deflate well: all lowest bytes of a column, then all second bytes.
///
/// A block begins with the number of rows (4 bytes, little-endian); then each column has a byte with its number of
/// planes, and the planes. Times and packets are differences from the row before, in zigzag form; the first counts from
/// 0.
struct RowColumns {
    /// The most rows in a block.
    static let maximumRows = 1 << 15
    private static let columnCount = 9

    private var columns = [[UInt64]](repeating: [], count: columnCount)
    private var latest = (elapsed: Int64(0), packet: UInt64(0))

    /// The number of rows.
    var count: Int { columns[0].count }

    /// Whether the block is full.
    var isFull: Bool { count >= Self.maximumRows }

    mutating func append(_ row: ReportRow) {
        columns[0].append(UInt64(row.kind))
        columns[1].append(UInt64(row.flags.rawValue))
        columns[2].append(row.session)
        columns[3].append(Self.zigzag(row.elapsed &- latest.elapsed))
        columns[4].append(Self.zigzag(Int64(truncatingIfNeeded: row.packet &- latest.packet)))
        columns[5].append(row.length)
        columns[6].append(row.extra)
        columns[7].append(row.frames)
        columns[8].append(row.kept)
        latest = (row.elapsed, row.packet)
    }

    /// Appends the columns to a block, and removes all rows.
    mutating func write(into block: inout DataBlock) {
        guard count > 0 else { return }
        for plane in 0..<4 { block.bytes.append(UInt8(truncatingIfNeeded: count >> (8 * plane))) }
        for index in columns.indices {
            let bits = columns[index].reduce(0) { $0 | $1 }
            let width = (64 - bits.leadingZeroBitCount + 7) / 8
            block.bytes.append(UInt8(width))
            for plane in 0..<width {
                for value in columns[index] {
                    block.bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * plane)))
                }
            }
            columns[index].removeAll(keepingCapacity: true)
        }
        latest = (0, 0)
    }

    /// Maps small numbers of either sign to small unsigned numbers: 0, -1, 1, -2 to 0, 1, 2, 3.
    private static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value &<< 1) ^ (value >> 63))
    }
}
