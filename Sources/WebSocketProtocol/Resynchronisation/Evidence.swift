/// How much each part of a chain of frame headers proves, in bits: one bit halves the chance that other bytes look like
/// it.
///
/// A chain of headers counts as WebSocket frames from ``needed`` bits on, if no other chain comes within ``margin`` of
/// it. The numbers keep zeros, counters, arrays of small integers, records with a tag and a length, text and random
/// bytes far below.
package enum Evidence {
    /// What a chain needs after a gap in a known session.
    package static let needed = 48
    /// What a chain needs on a connection of which nothing is known.
    package static let neededMidstream = 64
    /// What a chain needs right after an upgrade that no Sec-WebSocket-Accept proves: the place is known.
    package static let neededAfterUpgrade = 24
    /// The same if nothing more can come, and the stream ends where a frame does.
    static let neededAtEnd = 16
    /// What only its content can lift a single frame of a client to, which is all that its stream holds, beside a FIN.
    static let contentOfOneFrame = 27
    /// What makes a chain likely there: its first header alone.
    static let likely = 14
    /// By how much it must lead every other chain.
    package static let margin = 12

    /// What the first frame of a chain must prove by itself: a header leads to another one by chance now and then.
    static let neededByFirstFrame = 10

    /// The first header stands at the beginning of a TCP segment: peers usually begin a frame there.
    static let atSegmentStart = 8
    /// FIN, reserved bits, opcode and mask bit fit: 7 of 256 first bytes do between messages, and half the second
    /// bytes.
    static let header = 6
    /// The same if the last header of the chain looked alike: repeated records do too.
    static let repeatedHeader = 2
    /// The same for a payload of fewer than four bytes: arrays of small numbers look alike.
    static let tinyFrame = 1
    /// A frame ends with a TCP segment: one length in hundreds does.
    static let endsSegment = 8
    /// The same for a frame that looks like the last one: records of one size do too.
    static let repeatedEnd = 2
    /// The length takes more than 7 bits, in its shortest form: other protocols write it differently.
    static let extendedLength = 6
    /// An unmasked text frame holds text: UTF-8 without control characters.
    static let plainText = 4
    /// RSV1 on a text frame: a byte that UTF-8 never has, and few protocols use as a tag.
    static let compressedText = 3
    /// A frame ends with the stream, at its FIN.
    static let endsStream = 16
    /// A Close frame has a code that may be sent: one number in 32 may.
    static let closeCode = 5
    /// The most that headers and ends of segments that repeat come to: so does a table of records of one size.
    static let repeatLimit = 12
    /// What a printable character costs that unmasking makes, in tenths of a bit: there are 98 of them.
    static let characterCost = 66
    /// Bits by which a masking key must surprise: it is random (RFC 6455 5.3), which would be 32 without the model's
    /// own error.
    static let keySurprise = 24
    /// What a control character takes away that unmasking makes: texts have few.
    static let controlCharacter = 3
    /// The most that unmasked characters of one frame count.
    static let unmaskedText = 24
    /// The most that headers and segment ends count without masking, on a connection of which nothing is known: records
    /// with a one-byte tag and a one-byte length have them too.
    static let unmaskedFormMidstream = 40
    /// The most that short unmasked frames count that share their segments, with what repeats: a table inside a long
    /// message has them too.
    static let unmaskedRows = 36
    /// How many short texts alone, right before a gap, lift that limit for others: a long message would be the first in
    /// a long time, and its table one of texts.
    static let textsBefore: UInt8 = 255
}
