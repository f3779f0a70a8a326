#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Finds the files to follow.
enum FilePattern {
    /// Paths of files.
    struct Paths {
        var readable: [String] = []
        /// Names that are not UTF-8, repaired, so that they name no file.
        var misnamed: [String] = []

        /// Adds a path that ends with bytes from the system.
        mutating func add(_ prefix: String, _ bytes: some Collection<UInt8>) {
            if let name = String(validating: bytes, as: UTF8.self) {
                readable.append(prefix + name)
            } else {
                misnamed.append(prefix + String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    /// The files that match patterns now, in no order.
    ///
    /// - Parameter patterns: Files, patterns (glob(7)), or folders, which stand for the files in them whose names do
    ///   not begin with a dot.
    /// - Returns: Their paths.
    static func paths(_ patterns: [String]) -> Paths {
        var paths = Paths()
        for pattern in patterns {
            var status = stat()
            if unsafe stat(pattern, &status) != 0 {
                addMatches(of: pattern, to: &paths)
            } else if status.st_mode & S_IFMT == S_IFDIR {
                addFiles(in: pattern, to: &paths)
            } else {
                paths.readable.append(pattern)
            }
        }
        return paths
    }

    /// Whether the uncompressed original of a compressed file is still there: until it is gone, the compressed one is
    /// incomplete.
    static func isBeingCompressed(_ path: String) -> Bool {
        for ending in [".gz", ".zst", ".lz4"] where path.hasSuffix(ending) {
            return unsafe access(String(path.dropLast(ending.utf8.count)), F_OK) == 0
        }
        return false
    }

    private static func addFiles(in folder: String, to paths: inout Paths) {
        guard let stream = unsafe opendir(folder) else { return }
        defer { unsafe closedir(stream) }
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe Array(bytes.prefix { $0 != 0 })
            }
            if name.first != UInt8(ascii: ".") { paths.add(prefix, name) }
        }
    }

    private static func addMatches(of pattern: String, to paths: inout Paths) {
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob(pattern, GLOB_NOSORT, nil, &found) == 0 else { return }
        for index in unsafe 0..<Int(found.gl_pathc) {
            guard let path = unsafe found.gl_pathv?[index] else { continue }
            unsafe paths.add("", UnsafeRawBufferPointer(start: path, count: strlen(path)))
        }
    }
}
