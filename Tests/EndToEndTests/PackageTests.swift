import Foundation
import TestSupport
import Testing

@Suite(
    "A Debian package",
    .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/dpkg-deb"), "there is no dpkg-deb"))
struct PackageTests {
    /// A separate system into which packages are installed.
    private let system: ScratchFolder
    private let package: String

    /// The package, built once: compressing it takes longer than everything else here.
    private struct Made: Sendable {
        let name: String
        let bytes: [UInt8]

        static let package = Result { try Made() }

        init() throws {
            let folder = try ScratchFolder()
            let (status, text) = try Command.run([
                Repository.root.appending(path: "scripts/package").path, "--program", Wstap.path,
                folder.path("packages"),
            ])
            try #require(status == 0, "\(text)")
            let file = URL(
                filePath: try #require(text.split(separator: "\n").last { $0.hasSuffix(".deb") }.map(String.init)))
            name = file.lastPathComponent
            bytes = try [UInt8](Data(contentsOf: file))
        }
    }

    init() throws {
        system = try ScratchFolder()
        for folder in ["admin", "root"] {
            try FileManager.default.createDirectory(atPath: system.path(folder), withIntermediateDirectories: true)
        }
        let made = try Made.package.get()
        package = try system.write(made.name, made.bytes)
    }

    private func dpkg(_ words: String...) throws -> (status: Int32, text: String) {
        try Command.run(
            [
                "dpkg", "--admindir=" + system.path("admin"), "--instdir=" + system.path("root"),
                "--force-script-chrootless", "--force-not-root", "--force-depends", "--log=/dev/null",
            ] + words)
    }

    private var files: [String] {
        get throws { try FileManager.default.subpathsOfDirectory(atPath: system.path("root")).sorted() }
    }

    @Test("installs a program that runs, with its completions and documents, and uninstalls cleanly")
    func installed() throws {
        for folder in ["admin/info", "admin/updates"] {
            try FileManager.default.createDirectory(atPath: system.path(folder), withIntermediateDirectories: true)
        }
        for file in ["admin/status", "admin/available"] {
            #expect(FileManager.default.createFile(atPath: system.path(file), contents: nil))
        }
        let (status, text) = try dpkg("--install", package)
        try #require(status == 0, "\(text)")
        #expect(
            Set([
                "usr/bin/wstap", "usr/share/bash-completion/completions/wstap",
                "usr/share/zsh/site-functions/_wstap", "usr/share/fish/vendor_completions.d/wstap.fish",
                "usr/share/doc/wstap/copyright", "usr/share/doc/wstap/docs/trace-format.md",
                "usr/share/doc/wstap/schema/duckdb.sql",
            ]).isSubset(of: try files))

        let program = system.path("root/usr/bin/wstap")
        #expect(try Command.run([program, "--version"]).text == Command.run([Wstap.path, "--version"]).text)
        let chat = try Fixture.named("chat").capture.path
        #expect(try Command.run([program, chat]).text == Command.run([Wstap.path, chat]).text)

        #expect(try dpkg("--purge", "wstap").status == 0)
        #expect(try files == [])
    }

    private static let hasApt =
        geteuid() == 0 && ["apt-get", "setcap", "getcap", "setpriv"].allSatisfy(Command.exists)

    /// apt and dpkg with a copy of their state on this machine, and a folder for the packages' files.
    private func apt(_ words: String..., environment: [String: String] = [:]) throws -> (status: Int32, text: String) {
        let admin = system.path("machine")
        if !FileManager.default.fileExists(atPath: admin) {
            try FileManager.default.copyItem(atPath: "/var/lib/dpkg", toPath: admin)
            for folder in ["cache/archives/partial", "log"] {
                try FileManager.default.createDirectory(
                    atPath: system.path(folder), withIntermediateDirectories: true)
            }
        }
        let options = [
            "Dir::State::status=\(admin)/status", "Dir::Cache=\(system.path("cache"))",
            "Dir::Log=\(system.path("log"))",
            "Debug::NoLocking=1", "APT::Sandbox::User=root", "APT::Install-Recommends=0",
        ]
        let toDpkg = [
            "--admindir=\(admin)", "--instdir=\(system.path("root"))", "--force-script-chrootless", "--log=/dev/null",
        ]
        return try Command.run(
            ["apt-get", "-y", "-q"] + (options + toDpkg.map { "DPkg::Options::=\($0)" }).flatMap { ["-o", $0] } + words,
            environment: environment.merging(["DEBIAN_FRONTEND": "noninteractive"]) { first, _ in first })
    }

    @Test(
        "is accepted by apt, captures for an ordinary user on request, and uninstalls cleanly",
        .enabled(if: hasApt, "there is no apt, or no right to use it"))
    func installedByApt() throws {
        let program = system.path("root/usr/bin/wstap")
        let chat = try system.write("chat.pcap", [UInt8](Data(contentsOf: Fixture.named("chat").capture)))
        for path in [system.path(""), chat] { #expect(chmod(path, 0o755) == 0) }
        let asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program]
        for (environment, isPermitted) in [([:], false), (["WSTAP_CAPTURE": "yes"], true)] {
            let (status, text) = try apt("install", "--reinstall", package, environment: environment)
            try #require(status == 0, "\(text)")
            #expect(try Command.run(["getcap", program]).text.contains("cap_net_raw") == isPermitted)
            #expect(try Command.run(asNobody + [chat]).text == Command.run([Wstap.path, chat]).text)
            let live = try Command.run(asNobody + ["live", "-i", "lo", "--duration", "0.1"])
            #expect((live.status != 2) == isPermitted, "\(live)")
        }
        let (status, text) = try apt("purge", "wstap")
        #expect(status == 0, "\(text)")
        #expect(try files == [])
    }

    @Test("names its version, and the packages of its own libraries")
    func control() throws {
        let fields = try Command.run(["dpkg-deb", "--field", package, "Version", "Depends"]).text
        #expect(fields.contains("Version: 0."))
        for library in ["libpcap", "zlib1g", "libc6", "libsqlite3"] { #expect(fields.contains(library), "\(library)") }
        // libpcap's own package states what libpcap needs.
        for library in ["libdbus", "libsystemd", "libgcrypt"] { #expect(!fields.contains(library), "\(library)") }
    }

    @Test("has a changelog and a copyright file as Debian's policy wants them")
    func documents() throws {
        let root = system.path("unpacked")
        #expect(try Command.run(["dpkg-deb", "--extract", package, root]).status == 0)
        let folder = root + "/usr/share/doc/wstap"
        let changes = try Command.run(["gzip", "-dc", folder + "/changelog.gz"]).text
        #expect(changes.hasPrefix("wstap (0."))
        if Command.exists("dpkg-parsechangelog") {
            let file = try system.write("changelog", Array(changes.utf8))
            let (status, text) = try Command.run(["dpkg-parsechangelog", "-l", file])
            #expect(status == 0 && !text.contains("warning"), "\(text)")
        }
        let copyright = try String(contentsOfFile: folder + "/copyright", encoding: .utf8)
        #expect(copyright.contains("License: Apache-2.0\n"))
        #expect(copyright.contains("/usr/share/common-licenses/Apache-2.0"))
        #expect(try String(contentsOfFile: folder + "/CHANGELOG.md", encoding: .utf8).hasPrefix("# Changelog"))
    }
}
