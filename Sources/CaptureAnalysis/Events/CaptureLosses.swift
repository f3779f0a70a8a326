/// What a live capture did not see or not show; each is counted since its start.
public struct CaptureLosses: Hashable, Sendable {
    /// Packets that the kernel dropped since its buffer was full.
    public var droppedByKernel: UInt64
    /// Packets that the interface or its driver dropped, as far as they tell.
    public var droppedByInterface: UInt64
    /// Lines of the output that were left out, since whoever reads it was too slow.
    public var undisplayedLines: UInt64

    /// Makes a record of them.
    public init(droppedByKernel: UInt64, droppedByInterface: UInt64, undisplayedLines: UInt64) {
        self.droppedByKernel = droppedByKernel
        self.droppedByInterface = droppedByInterface
        self.undisplayedLines = undisplayedLines
    }
}
