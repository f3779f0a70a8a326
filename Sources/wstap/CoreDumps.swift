/// What the system does with the program's memory when it crashes.
enum CoreDumps {
    /// Forbids core dumps: the program has secrets in memory.
    ///
    /// Linux takes a limit of 1 byte to mean that not even a program that is to receive the dump gets it; 0 would not
    /// keep it from that (core(5)). Where the limit is 0 already, it cannot be raised: so the filter leaves all memory
    /// out, secrets and what was decrypted with them.
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
