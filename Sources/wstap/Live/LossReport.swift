import CaptureAnalysis

/// Tells on standard error what a live capture loses, while it does.
struct LossReport {
    private var told = CaptureLosses(droppedByKernel: 0, droppedByInterface: 0, undisplayedLines: 0)
    private var toldAt: UInt64?

    /// Nanoseconds between two lines.
    private static let interval: UInt64 = 10_000_000_000

    /// Tells what was lost since it was told last, unless that was just now, or standard error would have to be waited for.
    mutating func tell(_ losses: CaptureLosses) {
        let now = Clock.monotonic
        guard losses != told, now &- (toldAt ?? 0) >= Self.interval || toldAt == nil, isErrorWritable else { return }
        var parts: [String] = []
        if losses.droppedByKernel > told.droppedByKernel {
            parts.append("\(losses.droppedByKernel) packets dropped by the kernel (a larger --buffer-size may help)")
        }
        if losses.droppedByInterface > told.droppedByInterface {
            parts.append("\(losses.droppedByInterface) packets dropped by the interface")
        }
        if losses.undisplayedLines > told.undisplayedLines {
            parts.append("\(losses.undisplayedLines) lines not shown, since whoever reads them is too slow")
        }
        told = losses
        toldAt = now
        if !parts.isEmpty { complain("up to now: " + parts.joined(separator: "; ")) }
    }
}
