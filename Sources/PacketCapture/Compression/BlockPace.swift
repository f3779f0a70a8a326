/// Feeds a library that decodes block by block no more than one block a call.
///
/// zstd and lz4 answer an error with nothing but the error, so that sound blocks of the same call would be lost.
struct BlockPace {
    private let headerLength: Int
    private var wanted: Int
    private var isBetween = false
    /// Whether the library may hold decoded bytes for which there was no room.
    private var mayHoldOutput = false

    /// Begins with a frame's header, of which `headerLength` bytes are fed at first.
    init(headerLength: Int) {
        self.headerLength = headerLength
        wanted = headerLength
    }

    /// How many of `available` bytes to feed next; none while decoded bytes may wait.
    func portion(of available: Int) -> Int {
        mayHoldOutput ? 0 : min(wanted, available)
    }

    /// What a call has come to, where `hint` is the library's answer: how many bytes it wants next, 0 behind a frame.
    mutating func step(consumed: Int, produced: Int, room: Int, hint: Int) -> DecodingStep {
        if consumed > 0 || produced > 0 { isBetween = hint == 0 }
        wanted = max(1, hint == 0 ? headerLength : hint)
        mayHoldOutput = produced == room
        return DecodingStep(consumed: consumed, produced: produced, state: isBetween ? .between : .inside)
    }
}
