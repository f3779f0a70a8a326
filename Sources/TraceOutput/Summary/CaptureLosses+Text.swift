import CaptureAnalysis

extension CaptureLosses {
    /// In words: "0 packets by the kernel, 0 by the interface".
    var words: String {
        let lines = undisplayedLines > 0 ? "; \(Quantity.count(undisplayedLines, "line")) not shown" : ""
        return Quantity.count(droppedByKernel, "packet") + " by the kernel, \(droppedByInterface) by the interface"
            + lines
    }
}

extension OutputBuffer {
    /// Appends the keys that a live capture's summary has beside the others.
    mutating func append(json losses: CaptureLosses) {
        append(",\"dropped_by_kernel\":")
        append(decimal: losses.droppedByKernel)
        append(",\"dropped_by_interface\":")
        append(decimal: losses.droppedByInterface)
        append(",\"undisplayed_lines\":")
        append(decimal: losses.undisplayedLines)
    }
}
