import BasicContainers

/// Memory for what layers decode, kept while none does, so that it is seldom allocated.
struct SpareRoom: ~Copyable {
    private var output: LayerOutput? = LayerOutput()
    // Nobody shares it, so no write asks whether somebody does.
    private var record: UniqueArray<UInt8>?

    /// Lends room for one record of a layer.
    @inline(__always)
    mutating func takeRecord() -> UniqueArray<UInt8> {
        if let room = record.take() { return room }
        return UniqueArray(repeating: 0, count: DecodedRecord.room)
    }

    /// Takes that room back.
    @inline(__always)
    mutating func giveBack(_ room: consuming UniqueArray<UInt8>) { record = consume room }

    /// Lends room for what a layer makes of bytes; layers inside layers get their own.
    mutating func takeOutput() -> LayerOutput {
        output.take() ?? LayerOutput()
    }

    /// Takes that room back.
    ///
    /// `inout`, so that nothing else holds it when it is emptied: it would be allocated anew.
    mutating func giveBack(_ used: inout LayerOutput) {
        used.removeAll()
        var room = LayerOutput()
        swap(&room, &used)
        output = consume room
    }
}
