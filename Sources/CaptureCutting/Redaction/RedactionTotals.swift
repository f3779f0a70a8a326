/// What a redaction came to, for its report.
package struct RedactionTotals: Sendable {
    /// Data messages whose payload was replaced.
    package var messages: UInt64 = 0
    /// Of these, compressed ones that were compressed anew.
    package var recompressed: UInt64 = 0
    /// Of these, ones that keep the length of their payload but not its shape, since the shape does not fit.
    package var reshaped: UInt64 = 0
    /// Compressed messages that do not inflate any more.
    package var undecodable: UInt64 = 0
    /// Payloads of Pings, Pongs and Close frames.
    package var controlPayloads: UInt64 = 0
    /// Connections that are overwritten with filler, for lack of room for their replacements.
    package var filledConnections: UInt64 = 0
}
