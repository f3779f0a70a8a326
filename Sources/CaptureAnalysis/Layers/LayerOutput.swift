import TLSDecryption
import WireFormat

/// What a layer decoded: pieces of streams, in the order in which they are to be read.
package struct LayerOutput {
    /// The next piece of a stream.
    struct Piece {
        enum Content {
            /// Decoded bytes: their range in ``LayerOutput/bytes``.
            case bytes(Range<Int>)
            /// This many bytes are lost; nil if unknown.
            case gap(UInt64?)
            /// Nothing more will come in either direction.
            case end
            /// A TLS alert.
            case alert(TLSAlert)
            /// A problem with TLS records.
            case problem(TLSProblem)
        }

        /// The stream's number within the connection; nil if the layer has only one.
        var stream: UInt64?
        var direction: Direction
        var origin: Origin
        var carrier: Range<UInt64>
        var acknowledged: UInt64
        var content: Content
    }

    private(set) var pieces: [Piece] = []
    /// The output of a TLS connection: its pieces are moved to ``pieces``, its bytes are ``bytes``.
    var records = TLSOutput()
    /// The decoded bytes of all pieces.
    var bytes: [UInt8] {
        _read { yield records.bytes }
        _modify { yield &records.bytes }
    }

    package init() {}

    /// Appends bytes of a stream.
    ///
    /// - Parameters:
    ///   - bytes: The decoded bytes; they are copied.
    ///   - stream: The stream's number within the connection; nil if the layer has only one.
    ///   - place: The place of the bytes that completed them.
    ///   - carrier: The bytes of the TCP stream that carried them: the whole record, including header and tag.
    package mutating func append(
        _ bytes: Span<UInt8>, to stream: UInt64? = nil, completedAt place: StreamPlace, carrier: Range<UInt64>
    ) {
        append(to: stream, completedAt: place, carrier: carrier) { room in
            for index in bytes.indices { room.append(bytes[index]) }
        }
    }

    /// Appends bytes of a stream that are decoded in place.
    ///
    /// - Parameters:
    ///   - stream: The stream's number within the connection; nil if the layer has only one.
    ///   - place: The place of the bytes that completed them.
    ///   - carrier: The bytes of the TCP stream that carried them.
    ///   - decode: Appends the decoded bytes.
    package mutating func append(
        to stream: UInt64? = nil, completedAt place: StreamPlace, carrier: Range<UInt64>,
        _ decode: (inout [UInt8]) -> Void
    ) {
        let start = bytes.count
        decode(&bytes)
        add(.bytes(start..<bytes.count), stream, place, carrier)
    }

    /// Appends a gap: bytes of a stream that could not be decoded.
    ///
    /// - Parameters:
    ///   - length: The number of bytes; nil if unknown.
    ///   - stream: The stream.
    ///   - place: The place of the bytes that showed the gap.
    ///   - carrier: The bytes of the TCP stream that carried them.
    package mutating func appendGap(
        _ length: UInt64?, in stream: UInt64? = nil, shownAt place: StreamPlace, carrier: Range<UInt64>
    ) {
        if length != 0 { add(.gap(length), stream, place, carrier) }
    }

    /// The packet of the piece after a gap in its stream; that of the gap if there is none, and 0 if the piece is not a
    /// gap.
    func packet(afterGap index: Int) -> UInt64 {
        let gap = pieces[index]
        guard case .gap = gap.content else { return 0 }
        let next = pieces[(index &+ 1)...].first { $0.direction == gap.direction && $0.stream == gap.stream }
        return (next ?? gap).origin.packet
    }

    /// Ends a stream in both directions.
    package mutating func end(_ stream: UInt64, at place: StreamPlace) {
        add(.end, stream, place, place.carrier)
    }

    /// Appends the output of a TLS connection.
    mutating func takeRecords() {
        guard !records.pieces.isEmpty else { return }
        for index in records.pieces.indices { append(records.pieces[index]) }
        records.pieces.removeAll(keepingCapacity: records.pieces.capacity <= 256)
    }

    private mutating func append(_ piece: TLSOutput.Piece) {
        let content: Piece.Content =
            switch piece.content {
            case .plaintext(let range): .bytes(range)
            case .gap(let length): .gap(length)
            case .alert(let alert): .alert(alert)
            case .problem(let problem): .problem(problem)
            }
        pieces.append(
            Piece(
                stream: nil, direction: piece.place.direction, origin: piece.place.origin,
                carrier: piece.place.carrier, acknowledged: piece.place.acknowledged, content: content))
    }

    /// Removes everything, but keeps the memory within reason.
    mutating func removeAll() {
        if !pieces.isEmpty { pieces.removeAll(keepingCapacity: pieces.capacity <= 256) }
        if !records.bytes.isEmpty { records.bytes.removeAll(keepingCapacity: records.bytes.capacity <= 128 << 10) }
    }

    private mutating func add(
        _ content: Piece.Content, _ stream: UInt64?, _ place: StreamPlace, _ carrier: Range<UInt64>
    ) {
        pieces.append(
            Piece(
                stream: stream, direction: place.direction, origin: place.origin, carrier: carrier,
                acknowledged: place.acknowledged, content: content))
    }
}
