/// Whether two descriptors are those of the same regular file.
func areSameFile(_ one: Int32, _ other: Int32) -> Bool {
    var (first, second) = (stat(), stat())
    guard fstat(one, &first) == 0, fstat(other, &second) == 0, first.st_mode & S_IFMT == S_IFREG else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
}

/// Whether two paths name the same existing regular file.
func areSameFile(_ one: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    guard stat(one, &first) == 0, stat(other, &second) == 0, first.st_mode & S_IFMT == S_IFREG else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
}

/// Whether a descriptor is that of a regular file that a path names.
func areSameFile(_ descriptor: Int32, _ path: String) -> Bool {
    var (first, second) = (stat(), stat())
    guard fstat(descriptor, &first) == 0, stat(path, &second) == 0 else { return false }
    return first.st_mode & S_IFMT == S_IFREG && first.st_dev == second.st_dev && first.st_ino == second.st_ino
}

/// Whether two paths name the same file, which need not exist yet.
func willBeSameFile(_ one: String, _ other: String) -> Bool {
    one == other || areSameFile(one, other) || place(one).map { $0 == place(other) } == true
}

/// The path without symbolic links and detours through folders; nil if there is no such folder.
private func place(_ path: String) -> String? {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard let resolved = realpath(folder, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved) + "/" + (slash.map { String(path[path.index(after: $0)...]) } ?? path)
}
