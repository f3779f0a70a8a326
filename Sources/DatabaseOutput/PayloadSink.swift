/// Takes the payloads of messages, one after the other, instead of a database, so that a reader who wants all of them
/// need not read the database's pages around them.
package protocol PayloadSink: AnyObject {
    /// The first failure; nothing is taken after it.
    var failure: String? { get }

    /// Appends a payload.
    func append(_ payload: Span<UInt8>)

    /// Writes what is buffered, and completes the file.
    func finish()
}
