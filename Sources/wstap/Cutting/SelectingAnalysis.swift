import CaptureAnalysis
import CaptureCutting
import PacketCapture
import PacketDecoding
import WireFormat

/// An analysis that says which connection each packet belongs to, while it finds out which connections are wanted; only
/// the end of the capture shows that.
///
/// A class, so that the capture's reader and the receiver of its packets share it.
final class SelectingAnalysis {
    /// The wanted connections; complete after ``finish()``.
    let selected = SelectedConnections()

    private let input: SessionInput
    private var pipeline: Pipeline?
    private var secrets: SecretsOfCapture?
    private var selection: SessionSelection

    /// - Parameter input: What to read. Without a filter, all connections are wanted except those that are certainly
    ///   not WebSocket.
    init(_ input: SessionInput) {
        self.input = input
        if input.sessions.isEmpty { selected.others = [] }
        selection = SessionSelection(input.sessions, into: selected)
    }

    /// Begins a capture, before its first packet.
    ///
    /// - Throws: If a key log cannot be opened.
    func begin(_ capture: borrowing MergedCapture) throws {
        let known = SecretsOfCapture(
            try input.secrets.open(isQuiet: input.messages.quiet), paths: input.files,
            areRegular: capture.byteCount != nil)
        var options = input.options(known, windows: capture.windowByteCount)
        options.whole = CaptureSpan(of: capture)
        options.collectsOthers = selected.others != nil
        pipeline = Pipeline(options: options)
        secrets = known
    }

    /// Takes over the secrets that precede the batch just read.
    func takeSecrets(_ capture: borrowing MergedCapture) { secrets?.take(capture) }

    /// Whether the last packet is a fragment, or completed a datagram.
    private(set) var isFragment = false
    /// Where its payload belongs, if it is one.
    private(set) var fragmentPlaces: [FragmentPlace] = []

    /// Receives a packet.
    ///
    /// - Returns: The connection that it belongs to.
    func receive(_ packet: borrowing CapturedPacket) -> PacketOwner {
        pipeline?.receive(packet, into: &selection)
        isFragment = pipeline?.isLatestFragment ?? false
        if isFragment { fragmentPlaces = pipeline?.latestFragmentPlaces ?? [] }
        return pipeline?.latestOwner() ?? .other
    }

    /// Ends the capture; ``selected`` is complete after this.
    ///
    /// - Returns: The totals; nil if there was no capture.
    func finish() -> Summary? {
        pipeline?.finish(into: &selection)
        if selected.others != nil { selected.others = pipeline?.othersForSure }
        return pipeline?.summary
    }
}
