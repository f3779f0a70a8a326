/// What threads wait for inside a ``Monitor``.
final class Signal: @unchecked Sendable {
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() { pthread_cond_init(condition, nil) }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
    }

    /// Gives the mutex up until there is a signal, or for no reason.
    func wait(_ mutex: UnsafeMutablePointer<pthread_mutex_t>) { pthread_cond_wait(condition, mutex) }

    /// Wakes one of those who wait.
    func notifyOne() { pthread_cond_signal(condition) }

    /// Wakes those who wait.
    func notify() { pthread_cond_broadcast(condition) }
}
