#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Finds the files that are to be followed.
enum FilePattern {
    /// The files that patterns name now, in no order.
    ///
    /// - Parameter patterns: Files, patterns (glob(7)), or folders: the files in them whose names do not begin with a dot.
    /// - Returns: Their paths.
    static func paths(_ patterns: [String]) -> [String] {
        patterns.flatMap { pattern -> [String] in
            var status = stat()
            guard unsafe stat(pattern, &status) == 0 else { return matches(of: pattern) }
            return status.st_mode & S_IFMT == S_IFDIR ? files(in: pattern) : [pattern]
        }
    }

    /// Whether the file that a compressed one is made from is still there: only then is the compressed one complete.
    static func isBeingCompressed(_ path: String) -> Bool {
        for ending in [".gz", ".zst", ".lz4"] where path.hasSuffix(ending) {
            return unsafe access(String(path.dropLast(ending.utf8.count)), F_OK) == 0
        }
        return false
    }

    private static func files(in folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        var paths: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { paths.append(prefix + name) }
        }
        return paths
    }

    private static func matches(of pattern: String) -> [String] {
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob(pattern, GLOB_NOSORT, nil, &found) == 0 else { return [] }
        return unsafe (0..<Int(found.gl_pathc)).compactMap { index in
            unsafe found.gl_pathv?[index].map { unsafe String(cString: $0) }
        }
    }
}
