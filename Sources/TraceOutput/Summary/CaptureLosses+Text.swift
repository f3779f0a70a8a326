import CaptureAnalysis

extension CaptureLosses {
    /// In words: "0 packets by the kernel, 0 by the interface".
    var words: String {
        let lines = undisplayedLines > 0 ? "; \(Quantity.count(undisplayedLines, "line")) not shown" : ""
        return Quantity.count(droppedByKernel, "packet") + " by the kernel, \(droppedByInterface) by the interface"
            + lines
    }
}
