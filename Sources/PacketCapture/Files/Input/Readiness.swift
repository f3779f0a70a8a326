#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Waits for descriptors that another user of the same pipe or socket has made non-blocking.
package enum Readiness {
    /// Waits until there is something to read, or never will be; a signal ends the wait early.
    package static func waitToRead(_ descriptor: Int32) { wait(descriptor, POLLIN) }

    /// Waits until there is room to write, or never will be; a signal ends the wait early.
    package static func waitToWrite(_ descriptor: Int32) { wait(descriptor, POLLOUT) }

    private static func wait(_ descriptor: Int32, _ events: some BinaryInteger) {
        var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        _ = unsafe poll(&request, 1, -1)
    }
}
