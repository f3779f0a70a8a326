import ArgumentParser

/// How many threads may work: the value of `--jobs`.
struct JobCount: ExpressibleByArgument {
    /// 1 or more.
    let count: Int

    /// The number of processors at hand.
    static var processors: JobCount { JobCount(count: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    private init(count: Int) { self.count = count }

    /// Reads the value of the option.
    init?(argument: String) {
        guard let count = Int(argument), count >= 1 else { return nil }
        self.init(count: count)
    }

    var defaultValueDescription: String { "the processors" }
}
