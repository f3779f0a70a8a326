/// Who takes the events of a part of an analysis.
public protocol PartSink: EventSink, ~Copyable {
    /// Whether there is room for more; a few packets' events are taken all the same.
    var hasRoom: Bool { get }
}
