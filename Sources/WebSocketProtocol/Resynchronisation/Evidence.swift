/// What the parts of a chain of frame headers prove, in bits: one bit halves the chance that other bytes look like it.
///
/// A chain of headers is taken for WebSocket frames from `needed` bits on, and only while no other chain comes within
/// `margin` of it. The numbers are chosen so that zeros, counters, arrays of small integers, records with a tag and a
/// length, text and random bytes stay far below.
public enum Evidence {
    /// What a chain must come to behind a gap in a session that is known.
    public static let needed = 48
    /// What a chain must come to on a connection of which nothing is known.
    public static let neededMidstream = 64
    /// By how much it must lead over every other chain.
    public static let margin = 12

    /// The first header stands at the beginning of a TCP segment: peers usually begin a frame there.
    static let atSegmentStart = 8
    /// FIN, reserved bits, opcode and mask bit fit: 7 of 256 first bytes do between messages, half of the second bytes.
    static let header = 6
    /// The same where the last header of the chain looked alike: repeated records look like that too.
    static let repeatedHeader = 2
    /// The same for a payload of fewer than four bytes: arrays of small numbers look like that too.
    static let tinyFrame = 1
    /// A frame ends where a TCP segment ends: one length in hundreds does.
    static let endsSegment = 8
    /// The same for a frame that looks like the last one: records of one size end there as well.
    static let repeatedEnd = 2
    /// The length takes more than 7 bits, in the fewest bytes: other protocols write it in other ways.
    static let extendedLength = 6
    /// An unmasked text frame holds text: no control characters, and UTF-8.
    static let plainText = 4
    /// RSV1 on a text frame: a byte that UTF-8 never has, and few protocols use as a tag.
    static let compressedText = 3
    /// A frame ends where the stream ends, with its FIN.
    static let endsStream = 16
    /// A Close frame has a code that may be sent: one number in 32 may.
    static let closeCode = 5
    /// Unmasking makes a printable character, where a quarter of the masked bytes were none.
    static let unmaskedCharacter = 1
    /// The most that unmasked characters count in one frame.
    static let unmaskedText = 24
    /// The most that headers and ends of segments come to without masking, on a connection of which nothing is known:
    /// records with a tag and a length of one byte each have them too.
    static let unmaskedFormMidstream = 40
}
