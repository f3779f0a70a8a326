import ArgumentParser

/// How many threads may work: the value of `--jobs`.
struct JobCount: ExpressibleByArgument {
    /// 1 or more.
    let count: Int
    /// Captures of fewer bytes are left to one thread, which is done with them before several have shared them out.
    private let bytesToShare: UInt64

    /// The number of processors at hand, for captures that are worth it.
    static var processors: JobCount {
        JobCount(count: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), bytesToShare: 1 << 20)
    }

    private init(count: Int, bytesToShare: UInt64) {
        self.count = count
        self.bytesToShare = bytesToShare
    }

    /// The number for a capture of so many bytes, where that is known.
    func count(forBytes byteCount: UInt64?) -> Int {
        if let byteCount, byteCount < bytesToShare { 1 } else { count }
    }

    /// Reads the value of the option.
    init?(argument: String) {
        guard let count = Int(argument), count >= 1 else { return nil }
        self.init(count: count, bytesToShare: 0)
    }

    var defaultValueDescription: String { "the processors" }
}
