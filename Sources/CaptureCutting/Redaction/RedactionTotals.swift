/// Counts of what a redaction did, for its report.
package struct RedactionTotals: Sendable {
    /// Data messages whose payload was replaced.
    package var messages: UInt64 = 0
    /// Those of them that were compressed again.
    package var recompressed: UInt64 = 0
    /// Those of them that keep the length of their payload but not its shape, because the shape does not fit.
    package var reshaped: UInt64 = 0
    /// Compressed messages that no longer inflate.
    package var undecodable: UInt64 = 0
    /// Payloads of Pings, Pongs and Close frames.
    package var controlPayloads: UInt64 = 0
    /// Connections that are overwritten with filler, for lack of room for their replacements.
    package var filledConnections: UInt64 = 0
    /// The first packet of the first of them, as ``CaptureAnalysis/ConnectionStart/record``.
    package var firstFilled: UInt64?
}
