import ArgumentParser

/// How many threads to use: the value of `--jobs`.
struct JobCount: ExpressibleByArgument {
    /// 1 or more.
    let count: Int
    /// Captures of fewer bytes are left to one thread, which is done before several have divided the work.
    private let bytesToShare: UInt64

    /// The number of processors, for captures that are large enough.
    static var processors: JobCount {
        JobCount(count: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), bytesToShare: 1 << 20)
    }

    private init(count: Int, bytesToShare: UInt64) {
        self.count = count
        self.bytesToShare = bytesToShare
    }

    /// The number for a capture of this many bytes, if known.
    func count(forBytes byteCount: UInt64?) -> Int {
        if let byteCount, byteCount < bytesToShare { 1 } else { count }
    }

    /// Parses the option's value.
    init?(argument: String) {
        guard let count = Int(argument), count >= 1 else { return nil }
        self.init(count: count, bytesToShare: 0)
    }

    var defaultValueDescription: String { "number of processors" }
}
