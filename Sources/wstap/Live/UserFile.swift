import ParallelAnalysis

/// Opens files that root has named, for the user that root drops to.
///
/// The user's own rights come first: wherever that user may write, nothing more is needed. Only where they do not
/// suffice, as in a folder of root's in a container, root's rights open the file. Then no other user may have a say in
/// where the path leads: each folder and symbolic link on it must belong to root, in a folder that nobody else may
/// write to. A folder of root's in a sticky world-writable one, such as /tmp, is as safe: only root can replace it
/// there.
enum UserFile {
    /// Opens a file for writing, and creates it if it is missing; does not truncate it.
    ///
    /// A descriptor that is already open is duplicated. A file that root's rights create is given to the user; an
    /// existing one keeps its owner. Call it before privileges are dropped and before any thread starts.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - user: The user dropped to; nil if the program stays the same user.
    ///   - isSecret: Whether only its owner may read it.
    /// - Returns: The descriptor.
    /// - Throws: The message for the user.
    static func open(
        _ path: String, for user: Privileges.User?, isSecret: Bool = false
    ) throws(Privileges.Failure) -> Int32 {
        let descriptor = try open(path, user, isSecret ? 0o600 : 0o666)
        var status = stat()
        // An existing file may have been readable by everybody.
        if isSecret, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
            fchmod(descriptor, status.st_mode & 0o700)
        }
        return descriptor
    }

    private static func open(
        _ path: String, _ user: Privileges.User?, _ mode: mode_t
    ) throws(Privileges.Failure) -> Int32 {
        if let named = OpenDescriptor.named(path) {
            let copy = fcntl(named, F_DUPFD_CLOEXEC, 0)
            return try checked((copy, copy < 0 ? errno : 0), path)
        }
        guard let user else { return try checked(create(path, mode), path) }
        let own = try Privileges.withRights(of: user) { create(path, mode) }
        if own.descriptor >= 0 {
            guard let owner = foreignOwner(of: own.descriptor, user) else { return own.descriptor }
            close(own.descriptor)
            throw Privileges.Failure(message: "\(path): belongs to another user (\(owner))")
        }
        guard own.code == EACCES || own.code == EPERM else { return try checked(own, path) }
        guard let place = trustedPlace(path) else {
            throw Privileges.Failure(
                message: "\(path): cannot be created: \(text(own.code)), as user \(user.name) (-Z names another); "
                    + "with root's rights it is opened only in folders that belong to root alone")
        }
        return try openAsRoot(place, for: user, path, mode)
    }

    private typealias Outcome = (descriptor: Int32, code: Int32)

    private static func create(_ path: String, _ mode: mode_t, _ flags: Int32 = O_CREAT) -> Outcome {
        let descriptor = openForWriting(path, flags: O_WRONLY | O_CLOEXEC | flags, mode: mode)
        return (descriptor, descriptor < 0 ? errno : 0)
    }

    private static func checked(_ outcome: Outcome, _ path: String) throws(Privileges.Failure) -> Int32 {
        guard outcome.descriptor >= 0 else {
            throw Privileges.Failure(message: "\(path): cannot be created: \(text(outcome.code))")
        }
        return outcome.descriptor
    }

    private static func openAsRoot(
        _ place: String, for user: Privileges.User, _ path: String, _ mode: mode_t
    ) throws(Privileges.Failure) -> Int32 {
        let created = create(place, mode, O_CREAT | O_EXCL | O_NOFOLLOW)
        if created.descriptor >= 0 {
            guard fchown(created.descriptor, user.id, user.group) == 0 else {
                let code = errno
                close(created.descriptor)
                throw Privileges.Failure(message: "\(path): cannot be given to \(user.name): \(text(code))")
            }
            return created.descriptor
        }
        guard created.code == EEXIST else { return try checked(created, path) }
        let descriptor = try checked(create(place, mode, O_NOFOLLOW), path)
        guard let owner = foreignOwner(of: descriptor, user) else { return descriptor }
        close(descriptor)
        throw Privileges.Failure(message: "\(path): belongs to another user (\(owner))")
    }

    /// The owner of a regular file, if that is neither root nor the user, or if the file has other hard links.
    private static func foreignOwner(of descriptor: Int32, _ user: Privileges.User) -> uid_t? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let isOwn = status.st_uid == user.id || status.st_uid == 0 && status.st_nlink == 1
        return isOwn ? nil : status.st_uid
    }

    /// The path without symbolic links; nil if a user other than root could change where it leads.
    private static func trustedPlace(_ path: String) -> String? {
        var rest = components(path.hasPrefix("/") ? path : "\(currentFolder ?? "")/\(path)")
        guard currentFolder != nil || path.hasPrefix("/"), let root = trust(in: "/") else { return nil }
        var place: [String] = []
        // How far the folder at `place` and those above it are trusted.
        var trusts = [root]
        var links = 0
        while let name = rest.popLast() {
            if name == ".." {
                if place.popLast() != nil { trusts.removeLast() }
                continue
            }
            let next = "/" + (place + [name]).joined(separator: "/")
            var status = stat()
            if lstat(next, &status) != 0 {
                return errno == ENOENT && rest.isEmpty && trusts.last == .whole ? next : nil
            }
            guard trusts.last == .whole || status.st_mode & S_IFMT == S_IFDIR else { return nil }
            switch status.st_mode & S_IFMT {
            case S_IFLNK:
                links += 1
                guard status.st_uid == 0, links <= 40, let target = target(of: next) else { return nil }
                if target.hasPrefix("/") { (place, trusts) = ([], [root]) }
                rest += components(target)
            case S_IFDIR:
                guard let trust = trust(in: next) else { return nil }
                place.append(name)
                trusts.append(trust)
            default:
                guard rest.isEmpty, status.st_uid == 0 else { return nil }
                return next
            }
        }
        return nil
    }

    /// The names on a path, the last first.
    private static func components(_ path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init).reversed()
    }

    private static var currentFolder: String? {
        guard let folder = getcwd(nil, 0) else { return nil }
        defer { free(folder) }
        return String(cString: folder)
    }

    private static func target(of link: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(link, $0, bytes.count) } ?? 0
        }
        return count > 0 && count < buffer.count ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// How far the entries of a folder can be trusted.
    private enum Trust {
        /// Only root can change what is in it.
        case whole
        /// Others can add to it, but not replace what belongs to root.
        case foldersOfRoot
    }

    /// How far the entries of a folder can be trusted; nil if not at all.
    private static func trust(in path: String) -> Trust? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == 0 else { return nil }
        if status.st_mode & 0o002 == 0, status.st_mode & 0o020 == 0 || status.st_gid == 0 { return .whole }
        return status.st_mode & S_ISVTX != 0 ? .foldersOfRoot : nil
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
