/// A thread that does one thing and ends.
final class WorkerThread {
    private let thread: pthread_t
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts the thread; nil where the system has none.
    init?(_ body: @escaping @Sendable () -> Void) {
        #if canImport(Darwin)
            var started: pthread_t?
        #else
            var started = pthread_t()
        #endif
        let work = Unmanaged.passRetained(Work(body))
        guard pthread_create(&started, nil, { WorkerThread.run($0) }, work.toOpaque()) == 0 else {
            work.release()
            return nil
        }
        #if canImport(Darwin)
            guard let started else { return nil }
        #endif
        thread = started
    }

    /// Waits until it has ended; once.
    func join() { pthread_join(thread, nil) }

    private static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
    }
}
