import Foundation
import TestSupport
import Testing

@Suite("Using live and interfaces")
struct LiveUsageTests {
    @Test(
        "wrong usage",
        arguments: [
            ["live"], ["live", "-i", "lo", "--count", "0"], ["live", "-i", "lo", "--duration", "soon"],
            ["live", "-i", "lo", "--snaplen", "-1"], ["live", "-i", "lo", "--snaplen", "262145"],
            ["live", "-i", "lo", "--buffer-size", "2T"], ["live", "-i", "lo", "--write-websocket-only"],
            ["live", "-i", "lo", "-w", "a.pcapng", "--write-secrets"],
            ["live", "-i", "lo", "-w", "a.pcap", "--write-websocket-only", "--write-secrets"],
            ["live", "-i", "lo", "-f", "tcp", "udp"], ["interfaces", "--format", "har"],
        ])
    func wrong(arguments: [String]) throws {
        #expect(try Wstap.run(arguments).status == 64)
    }

    @Test("a missing interface", .enabled(if: LiveCapture.isPermitted, "capturing is not permitted"))
    func noInterface() throws {
        let outcome = try Wstap.run(["live", "-i", "wstap\u{1b}[31m"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("no such interface"))
        #expect(!outcome.errors.contains("\u{1b}"))
    }

    @Test("a wrong filter", .enabled(if: LiveCapture.isPermitted, "capturing is not permitted"))
    func wrongFilter() throws {
        let outcome = try Wstap.run(["live", "-i", "lo", "tcp", "porty", "80"])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("lo: bad filter \"tcp porty 80\": "))
    }

    @Test("a full disk", .enabled(if: LiveCapture.isPermitted, "capturing is not permitted"))
    func fullDisk() throws {
        let outcome = try Wstap.run(["live", "-i", "lo", "-w", "/dev/full"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("wstap: /dev/full: cannot be written: \(String(cString: strerror(ENOSPC)))\n"))
    }

    @Test("a missing user", .enabled(if: LiveCapture.isPermitted, "capturing is not permitted"))
    func noUser() throws {
        let outcome = try Wstap.run(["live", "-i", "lo", "-Z", "wstap-nobody"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("there is no user wstap-nobody"))
    }

    @Test(
        "without permission to capture, it says what to type",
        .enabled(
            if: geteuid() != 0 || isExecutable("/usr/bin/setpriv"), "root cannot give up its rights without setpriv"))
    func noPermission() throws {
        let folder = try ScratchFolder()
        chmod(folder.url.path, 0o777)
        let arguments = ["live", "-i", "lo", "--duration", "0.01", "tcp port 80"]
        let outcome: (status: Int32, errors: String)
        if geteuid() == 0 {
            let words = [
                "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--reuid", "65534", "--clear-groups",
                Wstap.path,
            ]
            let (output, errors) = (folder.path("output"), folder.path("errors"))
            let status = try Program("/usr/bin/setpriv", words + arguments, output: output, errors: errors).wait()
            let text = try String(contentsOfFile: errors, encoding: .utf8)
            // If other users cannot run the program, there is nothing to check.
            if status == 127 || status == 126 { return }
            outcome = (status, text)
        } else {
            if LiveCapture.isPermitted { return }
            let run = try Wstap.run(arguments)
            outcome = (run.status, run.errors)
        }
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("sudo ") && outcome.errors.contains("live -i lo --duration 0.01 'tcp port 80'"))
        #expect(outcome.errors.contains("sudo setcap cap_net_raw=ep "))
    }

    private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    @Test("interfaces are listed, as text and as JSON")
    func interfaces() throws {
        let text = try Wstap.run(["interfaces"])
        #expect(text.status == 0)
        #expect(text.lines.contains { $0.hasPrefix("lo ") && $0.contains("loopback") })
        let json = try Wstap.run(["interfaces", "--format", "jsonl"])
        #expect(json.status == 0)
        let objects = try json.lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        let loopback = try #require(objects.first { $0?["name"] as? String == "lo" } ?? nil)
        #expect(loopback["loopback"] as? Bool == true)
        #expect(loopback["up"] is Bool && loopback["addresses"] is [[String: Any]])
        #expect(
            Set(loopback.keys) == [
                "name", "description", "addresses", "up", "running", "loopback", "wireless", "connected", "link_type",
            ])
    }
}

/// A network namespace created by a test.
enum NetworkNamespace {
    /// Whether this user may create network namespaces and interfaces in them.
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
    /// Runs wstap on an interface of a namespace of its own, and then a script once it captures.
    ///
    /// - Parameter script: The steps to take with the interface wstap0 and the program `$p`.
    /// - Returns: The trace, the messages on standard error, and the exit status.
    /// - Throws: An error if it cannot be run.
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

    @Test("away ends the capture properly")
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
