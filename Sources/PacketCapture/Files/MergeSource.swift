import WireFormat

/// One of the files of a ``MergedCapture`` while another one is read; a class, since arrays cannot hold noncopyable
/// values.
@safe
final class MergeSource {
    /// The file; nil before it is opened, while it is read, and after its end.
    var file: CaptureFile?
    /// The file's next packet; nil before the first is read.
    var record: CapturedRecord?
    /// What the file says about the capture that it is part of; nil if it says nothing.
    var part: CapturePart?
    /// The number of its first packet; 0 if it does not say.
    var firstNumber: UInt64 = 0
    /// What to add to its packets' numbers.
    private(set) var numberOffset: UInt64 = 0

    /// Adds an offset to the numbers of all its packets.
    func shiftNumbers(by offset: UInt64) {
        numberOffset = offset
        if firstNumber > 0 { firstNumber &+= offset }
        file?.numberOffset = offset
        if let number = unsafe record?.number, number > 0 { unsafe record?.number = number &+ offset }
    }
}
