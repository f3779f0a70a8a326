/// A lock with a condition to wait for.
final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let change = Signal()

    init() { pthread_mutex_init(mutex, nil) }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread is inside.
    func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Lets others in until one of them notifies; to be called inside ``locked(_:)``, in a loop that looks again.
    func wait() { wait(for: change) }

    /// Wakes those who wait.
    func notify() { change.notify() }

    /// Lets others in until one of them gives a signal that only some wait for; like ``wait()`` otherwise.
    func wait(for signal: Signal) { signal.wait(mutex) }
}
