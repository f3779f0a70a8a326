/// Takes the payloads of messages, one after the other, in a database's place: a reader who wants all of them has them
/// without a database's pages around them.
package protocol PayloadSink: AnyObject {
    /// What failed first; nothing is taken after it.
    var failure: String? { get }

    /// Appends a payload.
    func append(_ payload: Span<UInt8>)

    /// Writes what is buffered, and completes the file.
    func finish()
}
