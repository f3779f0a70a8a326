/// How much each part of a chain of frame headers proves, in bits: each bit halves the chance that other bytes look the
/// same.
///
/// A chain of headers counts as WebSocket frames from ``needed`` bits on, if no other chain comes within ``margin`` of
/// it. The numbers keep zeros, counters, arrays of small integers, tag-length records, text and random bytes far below.
package enum Evidence {
    /// What a chain needs after a gap in a known session.
    package static let needed = 48
    /// What a chain needs on a connection of which nothing is known.
    package static let neededMidstream = 64
    /// What a chain needs right after an upgrade that no Sec-WebSocket-Accept proves, where frames can begin only at
    /// one place.
    package static let neededAfterUpgrade = 24
    /// The same if no more bytes can come and the stream ends with a frame.
    static let neededAtEnd = 16
    /// What a client's single frame needs, apart from a FIN, if it is the whole stream and its key does not look
    /// random: only its content can reach this.
    static let contentOfOneFrame = 27
    /// What makes a chain likely there: its first header alone reaches it.
    static let likely = 14
    /// The lead that a chain needs over every other.
    package static let margin = 12

    /// What the first frame of a chain must prove by itself: a false header sometimes leads to a true one.
    static let neededByFirstFrame = 10

    /// The first header is at the start of a TCP segment: peers usually begin a frame there.
    static let atSegmentStart = 8
    /// FIN, reserved bits, opcode and mask bit fit: between messages this holds for 7 of 256 first bytes and half of
    /// the second bytes.
    static let header = 6
    /// The same if the previous header of the chain looked alike: repeated records do too.
    static let repeatedHeader = 2
    /// The same for a payload of fewer than four bytes: arrays of small numbers look alike.
    static let tinyFrame = 1
    /// A frame ends with a TCP segment: one length in hundreds does.
    static let endsSegment = 8
    /// The same for a frame that looks like the previous one: records of one size do too.
    static let repeatedEnd = 2
    /// The length needs more than 7 bits and has its shortest form: other protocols write it differently.
    static let extendedLength = 6
    /// An unmasked text frame holds text: UTF-8 without control characters.
    static let plainText = 4
    /// RSV1 is set on a text frame: UTF-8 never has that byte, and few protocols use it as a tag.
    static let compressedText = 3
    /// A frame ends with the stream, at its FIN.
    static let endsStream = 16
    /// A Close frame has a code that may be sent: one number in 32 is one.
    static let closeCode = 5
    /// The most that repeated headers and segment ends count: a table of records of one size has them too.
    static let repeatLimit = 12
    /// The cost of a printable character after unmasking, in tenths of a bit: there are 98 of them.
    static let characterCost = 66
    /// The bits by which a masking key must surprise: a random key (RFC 6455 5.3) would reach 32 but for the model's
    /// own error.
    static let keySurprise = 24
    /// The cost of a control character after unmasking: texts have few.
    static let controlCharacter = 3
    /// The most that the unmasked characters of a frame count.
    static let unmaskedText = 24
    /// The most that headers and segment ends count without masking on a connection of which nothing is known: records
    /// with a one-byte tag and a one-byte length have them too.
    static let unmaskedFormMidstream = 40
    /// The most that short unmasked frames that share segments count, with repeats: a table inside a long message has
    /// them too.
    static let unmaskedRows = 36
    /// The number of short texts in a row, right before a gap, that lifts this limit for further ones: a long message
    /// would be the first in a long time, and its table would consist of texts.
    static let textsBefore: UInt8 = 255
}
