import CPrivileges
import TraceOutput

/// The right to capture, which is given up for good once the device is open.
enum Privileges {
    /// Why dropping it failed.
    struct Failure: Error {
        /// A line for the user.
        var message: String
    }

    /// Another user to drop to.
    struct User: Equatable {
        var name: String
        var id: uid_t
        var group: gid_t
    }

    /// Whether the program runs with the rights of root.
    static var isRoot: Bool { geteuid() == 0 || getuid() == 0 }

    /// The user to drop to.
    ///
    /// - Parameter name: The user asked for; nil for the default: who called sudo, otherwise nobody.
    /// - Returns: The user; nil to stay the same.
    /// - Throws: If there is no such user, or only root could drop to it.
    static func user(named name: String?) throws(Failure) -> User? {
        if let name {
            guard let user = find(name: name) else { throw Failure(message: "-Z: there is no user \(name)") }
            guard isRoot || user.id == geteuid() else {
                throw Failure(message: "-Z: only root can drop to another user")
            }
            return isRoot && user.id != 0 ? user : nil
        }
        guard isRoot else { return nil }
        if let caller = getenv("SUDO_UID").flatMap({ uid_t(String(cString: $0)) }), caller != 0,
            let entry = getpwuid(caller)
        {
            return User(entry.pointee)
        }
        guard let user = find(name: "nobody") else {
            throw Failure(message: "there is no user nobody to drop to; name one with -Z (-Z root to stay root)")
        }
        return user
    }

    /// Runs `body` with the rights of `user`, then regains root's.
    ///
    /// Call it before any thread starts.
    static func withRights<Result>(of user: User, _ body: () -> Result) throws(Failure) -> Result {
        var groups = [gid_t](repeating: 0, count: Int(max(0, getgroups(0, nil))))
        let count = getgroups(Int32(groups.count), &groups)
        let (ownUser, ownGroup) = (geteuid(), getegid())
        var group = user.group
        try check(setgroups(1, &group) == 0 ? 0 : errno, "cannot change groups for a while", user)
        try check(setegid(user.group) == 0 ? 0 : errno, "cannot change the group for a while", user)
        try check(seteuid(user.id) == 0 ? 0 : errno, "cannot change the user for a while", user)
        let result = body()
        guard seteuid(ownUser) == 0, setegid(ownGroup) == 0, setgroups(Int(max(0, count)), groups) == 0 else {
            throw Failure(message: "cannot take root's rights back: \(String(cString: strerror(errno)))")
        }
        return result
    }

    /// Drops to `user` irrevocably: no group, capability or saved identity is left, and none can be gained.
    ///
    /// Call it before any thread starts.
    ///
    /// - Parameter user: Nil to stay the same user and drop capabilities only.
    /// - Throws: If a step fails, or a right is left.
    static func drop(to user: User?) throws(Failure) {
        if let user {
            try check(privileges_bound_capabilities(), "cannot bound capabilities")
            var group = user.group
            try check(setgroups(1, &group) == 0 ? 0 : errno, "cannot drop groups", user)
            try check(privileges_set_group(user.group), "cannot change the group", user)
            try check(privileges_set_user(user.id), "cannot change the user", user)
        }
        try check(privileges_drop_capabilities(), "cannot drop capabilities")
        try check(privileges_forbid_new(), "cannot rule out new privileges")
        try verify(user)
    }

    /// Verifies that no right is left.
    private static func verify(_ user: User?) throws(Failure) {
        guard privileges_have_capabilities() == 0 else { throw Failure(message: "capabilities are left") }
        guard let user else { return }
        guard privileges_belong_to(user.id, user.group) == 1, setuid(0) != 0, seteuid(0) != 0,
            user.group == 0 || setgid(0) != 0 && setegid(0) != 0
        else { throw Failure(message: "root's rights are not gone") }
    }

    private static func check(_ code: Int32, _ what: String, _ user: User? = nil) throws(Failure) {
        guard code != 0 else { return }
        let advice = user == nil ? "" : "; -Z names another user, -Z root stays root"
        let target = user.map { " to \($0.name)" } ?? ""
        throw Failure(message: "\(what)\(target): \(String(cString: strerror(code)))\(advice)")
    }

    private static func find(name: String) -> User? {
        getpwnam(name).map { User($0.pointee) }
    }
}

extension Privileges.User {
    fileprivate init(_ entry: passwd) {
        name = String(cString: entry.pw_name)
        id = entry.pw_uid
        group = entry.pw_gid
    }
}

/// Commands for a user who is not permitted to capture.
enum PermissionHelp {
    /// A few lines, safe to print on a terminal.
    static var text: String {
        let words = CommandLine.arguments.dropFirst().map(quoted).joined(separator: " ")
        let program = TerminalText.safe(path)
        return """
            capturing needs permission (CAP_NET_RAW). Either run
                sudo \(TerminalText.safe(quoted(CommandLine.arguments.first ?? "wstap"))) \(TerminalText.safe(words))
            or, once, to grant it to this program, whoever runs it:
                sudo setcap cap_net_raw=ep \(TerminalText.safe(quoted(program)))
            """
    }

    /// The program's path.
    private static var path: String {
        guard let path = realpath("/proc/self/exe", nil) else { return CommandLine.arguments.first ?? "wstap" }
        defer { free(path) }
        return String(cString: path)
    }

    /// A word quoted for a shell.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_./:=,@%+".unicodeScalars.contains($0))
        }
        guard !isPlain || word.isEmpty else { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
