import Foundation
import TestSupport
import Testing

/// A network namespace that a test makes.
enum NetworkNamespace {
    /// Whether this user may make network namespaces and interfaces in them.
    static let isPermitted: Bool = {
        guard LiveCapture.isPermitted, let folder = try? ScratchFolder() else { return false }
        let script = "ip link add wstap0 type veth peer name wstap1"
        let program = try? Program(
            "/usr/bin/env", ["unshare", "-n", "sh", "-c", script], output: folder.path("output"),
            errors: folder.path("errors"))
        return program?.wait() == 0
    }()
}

@Suite(
    "An interface that goes",
    .enabled(if: NetworkNamespace.isPermitted, "network namespaces of one's own are not permitted"))
struct LiveInterfaceTests {
    /// Runs wstap on an interface of a namespace of its own, and a script once it captures.
    ///
    /// - Parameter script: What to do with the interface wstap0, and the program `$p`.
    /// - Returns: The trace, the complaints, and the status.
    /// - Throws: Where it cannot be run.
    private func run(_ script: String) throws -> (output: String, errors: String, status: Int32) {
        let folder = try ScratchFolder()
        let words = """
            ip link add wstap0 type veth peer name wstap1 && ip link set wstap0 up && ip link set wstap1 up
            mkfifo "$1/greeting"
            "$0" live -i wstap0 --format jsonl 2> "$1/greeting" & p=$!
            { read -r line; echo "$line" >&2; \(script); cat >&2; } < "$1/greeting"
            wait $p
            """
        let program = try Program(
            "/usr/bin/env", ["unshare", "-n", "sh", "-c", words, Wstap.path, folder.url.path],
            output: folder.path("output"), errors: folder.path("errors"))
        let status = program.wait()
        let texts = try ["output", "errors"].map { try String(contentsOfFile: folder.path($0), encoding: .utf8) }
        return (texts[0], texts[1], status)
    }

    @Test("away ends the capture in order")
    func away() throws {
        let run = try run("ip link delete wstap0")
        #expect(run.status == 1)
        #expect(run.errors.contains("wstap0: capturing failed: "))
        #expect(run.output.split(separator: "\n").last?.contains("\"event\":\"summary\"") == true)
    }

    @Test("down is waited for")
    func down() throws {
        let run = try run(
            """
            ip link set wstap0 down; read -r line; echo "$line" >&2
            ip link set wstap0 up; read -r line; echo "$line" >&2; kill -INT $p
            """)
        #expect(run.status == 0)
        #expect(run.errors.contains("wstap0: is down; waiting for it\nwstap: wstap0: is up again\n"))
        #expect(run.output.split(separator: "\n").last?.contains("\"event\":\"summary\"") == true)
    }
}
