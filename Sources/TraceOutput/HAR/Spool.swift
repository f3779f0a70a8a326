/// Keeps bytes outside of memory until they are printed.
///
/// Formats do no I/O: the owner of the output provides a spool, for example a temporary file.
package protocol Spool: SendableMetatype, ~Copyable {
    /// Why bytes could not be kept or read back, as a message; nil if all is well. Nothing works after a failure.
    var failure: String? { get }

    /// Appends bytes; returns the offset of the first.
    mutating func append(_ bytes: Span<UInt8>) -> UInt64

    /// Replaces bytes that were appended before.
    mutating func overwrite(_ bytes: Span<UInt8>, at offset: UInt64)

    /// Appends `count` bytes from an offset to `output`; fewer only after a failure.
    mutating func read(_ count: Int, at offset: UInt64, into output: inout OutputBuffer)

    /// Drops all bytes: the next is appended at offset 0.
    mutating func removeAll()
}
