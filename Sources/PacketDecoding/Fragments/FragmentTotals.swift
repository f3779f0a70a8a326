/// What became of the fragments so far.
public struct FragmentTotals: Sendable {
    /// Datagrams put together.
    public internal(set) var reassembledDatagrams: UInt64 = 0
    /// Fragments of datagrams that are not complete, waiting ones included.
    public internal(set) var unusedFragments: UInt64 = 0
    /// Fragments that brought nothing new.
    public internal(set) var duplicateFragments: UInt64 = 0
    /// Datagrams dropped since their fragments overlap or contradict each other.
    public internal(set) var contradictoryDatagrams: UInt64 = 0
    /// Datagrams dropped since they waited too long.
    public internal(set) var overdueDatagrams: UInt64 = 0
    /// Datagrams dropped since a bound was reached.
    public internal(set) var displacedDatagrams: UInt64 = 0
    /// Datagrams that wait now.
    public internal(set) var waitingDatagrams = 0
    /// Bytes that they hold, bookkeeping included.
    public internal(set) var heldBytes = 0
}
