/// What the system does with the program's memory when it crashes.
enum CoreDumps {
    /// Forbids core dumps, since the program has secrets in memory.
    ///
    /// With a limit of 1 byte, Linux does not even pass the dump to a program; with 0 it would (core(5)). If the limit
    /// is already 0, it cannot be raised. The core dump filter then excludes all memory, including secrets and what
    /// they decrypted.
    static func forbid() {
        leaveMemoryOut()
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        #else
            let resource = RLIMIT_CORE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = min(1, limit.rlim_max)
        limit.rlim_max = limit.rlim_cur
        setrlimit(resource, &limit)
    }

    private static func leaveMemoryOut() {
        let file = open("/proc/self/coredump_filter", O_WRONLY)
        guard file >= 0 else { return }
        _ = write(file, "0", 1)
        close(file)
    }
}
