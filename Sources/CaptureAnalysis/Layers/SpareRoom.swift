/// Memory for what layers decode, kept while none does, so that it is seldom allocated.
struct SpareRoom: ~Copyable {
    private var output: LayerOutput? = LayerOutput()
    private var record: [UInt8] = []

    /// Lends room for one record of a layer.
    mutating func takeRecord() -> [UInt8] {
        var room: [UInt8] = []
        swap(&room, &record)
        return room.isEmpty ? [UInt8](repeating: 0, count: DecodedRecord.room) : room
    }

    /// Takes that room back.
    mutating func giveBack(_ room: consuming [UInt8]) { record = room }

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
