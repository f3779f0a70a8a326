import CPrivileges
import TraceOutput

/// Rights to capture that are given up for good once the device is open.
enum Privileges {
    /// Why they were not.
    struct Failure: Error {
        /// One line for the user.
        var words: String
    }

    /// Another user to go on as.
    struct User: Equatable {
        var name: String
        var id: uid_t
        var group: gid_t
    }

    /// Whether the program runs with the rights of root.
    static var isRoot: Bool { geteuid() == 0 || getuid() == 0 }

    /// Whom to go on as.
    ///
    /// - Parameter name: Whom the user asked for; nil for the default: who called sudo, else nobody.
    /// - Returns: The user; nil where there is nobody else to go on as.
    /// - Throws: Where there is no such user, or only root could go on as it.
    static func user(named name: String?) throws(Failure) -> User? {
        if let name {
            guard let user = find(name: name) else { throw Failure(words: "-Z: there is no user \(name)") }
            guard isRoot || user.id == geteuid() else {
                throw Failure(words: "-Z: only root can go on as another user")
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
            throw Failure(words: "there is no user nobody to go on as: name one with -Z, or -Z root")
        }
        return user
    }

    /// Goes on as `user`, without any way back: no group, capability or saved identity is left, and none can be got.
    ///
    /// Call it before any thread is started.
    ///
    /// - Parameter user: Nil to stay who one is, and give up capabilities only.
    /// - Throws: Where a step fails, or a right is left.
    static func drop(to user: User?) throws(Failure) {
        if let user {
            try check(privileges_bound_capabilities(), "capabilities cannot be bounded")
            var group = user.group
            try check(setgroups(1, &group) == 0 ? 0 : errno, "groups cannot be given up", user)
            try check(privileges_set_group(user.group), "the group cannot change", user)
            try check(privileges_set_user(user.id), "the user cannot change", user)
        }
        try check(privileges_drop_capabilities(), "capabilities cannot be given up")
        try check(privileges_forbid_new(), "new rights cannot be ruled out")
        try verify(user)
    }

    /// Makes sure of it.
    private static func verify(_ user: User?) throws(Failure) {
        guard privileges_have_capabilities() == 0 else { throw Failure(words: "capabilities are left") }
        guard let user else { return }
        guard privileges_belong_to(user.id, user.group) == 1, setuid(0) != 0, seteuid(0) != 0,
            user.group == 0 || setgid(0) != 0 && setegid(0) != 0
        else { throw Failure(words: "root's rights are not gone") }
    }

    private static func check(_ code: Int32, _ what: String, _ user: User? = nil) throws(Failure) {
        guard code != 0 else { return }
        let advice = user == nil ? "" : "; -Z names another user, -Z root goes on as root"
        let target = user.map { " to \($0.name)" } ?? ""
        throw Failure(words: "\(what)\(target): \(String(cString: strerror(code)))\(advice)")
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

/// What to tell a user who may not capture: what to type.
enum PermissionWords {
    /// A few lines, safe to print on a terminal.
    static var text: String {
        let words = CommandLine.arguments.dropFirst().map(quoted).joined(separator: " ")
        let program = TerminalText.safe(path)
        return """
            capturing needs the right to (CAP_NET_RAW). Either type
                sudo \(TerminalText.safe(quoted(CommandLine.arguments.first ?? "wstap"))) \(TerminalText.safe(words))
            or, once, to give it to this program for everybody who may run it:
                sudo setcap cap_net_raw=ep \(TerminalText.safe(quoted(program)))
            """
    }

    /// Where the program is.
    private static var path: String {
        guard let path = realpath("/proc/self/exe", nil) else { return CommandLine.arguments.first ?? "wstap" }
        defer { free(path) }
        return String(cString: path)
    }

    /// A word as a shell takes it.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_./:=,@%+".unicodeScalars.contains($0))
        }
        guard !isPlain || word.isEmpty else { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
