/// Paths that name open descriptors of the program rather than files: others may be appending to the file behind one.
package enum OpenDescriptor {
    /// The descriptor that a path names; nil if it names a file.
    package static func named(_ path: String) -> Int32? {
        switch path {
        case "-", "/dev/stdout": return STDOUT_FILENO
        case "/dev/stderr": return STDERR_FILENO
        default: break
        }
        for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
            return Int32(path.dropFirst(folder.count))
        }
        return nil
    }
}
