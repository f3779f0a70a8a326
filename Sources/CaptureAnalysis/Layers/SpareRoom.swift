import BasicContainers

/// Memory for what layers decode, kept between uses so that it is seldom allocated.
struct SpareRoom: ~Copyable {
    private var output: LayerOutput? = LayerOutput()
    // It has only one owner, so that writes need no check for others.
    private var record: UniqueArray<UInt8>?

    /// Lends room for a record of a layer.
    @inline(__always)
    mutating func takeRecord() -> UniqueArray<UInt8> {
        if let room = record.take() { return room }
        return UniqueArray(repeating: 0, count: DecodedRecord.room)
    }

    /// Takes that room back.
    @inline(__always)
    mutating func giveBack(_ room: consuming UniqueArray<UInt8>) { record = consume room }

    /// Lends room for a layer's output; layers inside layers get room of their own.
    mutating func takeOutput() -> LayerOutput {
        output.take() ?? LayerOutput()
    }

    /// Takes that room back.
    ///
    /// `inout`, so that nothing else references it while it is emptied: otherwise it would be allocated anew.
    mutating func giveBack(_ used: inout LayerOutput) {
        used.removeAll()
        var room = LayerOutput()
        swap(&room, &used)
        output = consume room
    }
}
