#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads a trace from a descriptor into a ring, on its own thread, so that it never waits for a browser.
public enum TraceFeed {
    /// Starts reading.
    ///
    /// - Parameters:
    ///   - descriptor: Where the trace comes from.
    ///   - ring: Where its lines go.
    ///   - refuse: Called instead if the input does not begin like a trace.
    public static func start(descriptor: Int32, ring: EventRing, refuse: @escaping @Sendable () -> Void) {
        let feed = Feed(descriptor: descriptor, ring: ring, refuse: refuse)
        var thread = pthread_t(bitPattern: 0)
        let context = Unmanaged.passRetained(feed)
        let status = pthread_create(
            &thread, nil,
            { context in
                #if canImport(Glibc)
                    let feed = context.map { Unmanaged<Feed>.fromOpaque($0).takeRetainedValue() }
                #else
                    let feed: Feed? = Unmanaged<Feed>.fromOpaque(context).takeRetainedValue()
                #endif
                feed?.run()
                return nil
            }, context.toOpaque())
        precondition(status == 0, "pthread_create: \(status)")
    }

    private final class Feed: Sendable {
        let descriptor: Int32
        let ring: EventRing
        let refuse: @Sendable () -> Void

        init(descriptor: Int32, ring: EventRing, refuse: @escaping @Sendable () -> Void) {
            (self.descriptor, self.ring, self.refuse) = (descriptor, ring, refuse)
        }

        func run() {
            var lines = TraceLines()
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            var isFirst = true
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                if isFirst, !TraceLines.isTrace(buffer[..<count]) { return refuse() }
                isFirst = false
                ring.append(lines.receive(buffer[..<count]))
            }
            ring.finish()
        }
    }
}
