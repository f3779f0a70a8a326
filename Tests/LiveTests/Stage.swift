import Foundation
import TestSupport
import Testing

/// Two network namespaces with real WebSocket servers and clients in them: `Rig/stage.py`, which sets them up and
/// removes them.
final class Stage {
    private struct Reply: Decodable {
        var `is`: String
        var why: String?
        var namespace: String?
        var interface: String?
    }

    private struct Command: Encodable {
        var `do`: String
    }

    /// A failure of the stage.
    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    /// The interface at the server's end, in a namespace of its own.
    let interface: String
    /// A folder for what programs write; everybody may write there, since wstap gives up its privileges.
    let folder: ScratchFolder

    private let namespace: String
    private let program: Program
    private let commands: NamedPipe
    private let replies: NamedPipe

    /// Sets up the stage.
    ///
    /// - Parameter seed: A seed for losing, repeating and reordering packets between the ends; nil to deliver all of
    ///   them.
    /// - Throws: An error if it cannot be set up.
    init(lossy seed: Int? = nil) throws {
        folder = try ScratchFolder()
        chmod(folder.url.path, 0o777)
        commands = try NamedPipe("commands", in: folder, holding: .writing)
        replies = try NamedPipe("replies", in: folder, holding: .reading)
        program = try Program(
            "/usr/bin/env",
            [Repository.python, Self.script, folder.url.path] + (seed.map { ["--lossy", String($0)] } ?? []),
            input: commands.path, output: replies.path, errors: folder.path("stage-errors"))
        let reply = try Self.reply("ready", from: replies)
        guard let namespace = reply.namespace, let interface = reply.interface else {
            throw Fault(description: "the stage does not say where it is")
        }
        (self.namespace, self.interface) = (namespace, interface)
    }

    deinit {
        // The stage ends and removes everything once the pipe of commands is closed.
        commands.closeWriting()
        if program.wait(atMost: .patience) == nil { Issue.record("the stage did not end") }
    }

    /// Runs a whole conversation.
    func hold(_ talk: Talk) throws {
        try order("talk", talk, answer: "over")
    }

    /// Starts a conversation that goes on until `finish`.
    func begin(_ talk: Talk) throws {
        try order("begin", talk, answer: "open")
    }

    /// Ends that conversation properly.
    func finish() throws {
        try order("finish", answer: "over")
    }

    /// Makes TCP connections that are not WebSocket.
    func makeNoise() throws {
        try order("noise", answer: "over")
    }

    /// Takes the interface down.
    func takeDown() throws {
        try order("down", answer: "done")
    }

    /// Brings the interface up again.
    func bringUp() throws {
        try order("up", answer: "done")
    }

    /// Removes the interface.
    func unplug() throws {
        try order("unplug", answer: "done")
    }

    /// What both ends have logged so far.
    var log: EndpointLog {
        get throws {
            let (server, client) = (
                folder.url.appending(path: "server.jsonl"), folder.url.appending(path: "client.jsonl")
            )
            return try EndpointLog(contentsOf: server, client)
        }
    }

    /// Starts a program at the server's end.
    func start(
        _ words: [String], environment: [String: String] = [:], input: String = "/dev/null", output: String,
        errors: String
    ) throws -> Program {
        try Program(
            "/usr/bin/env", ["ip", "netns", "exec", namespace] + words, environment: environment, input: input,
            output: output, errors: errors)
    }

    private func order(_ name: String, _ talk: Talk? = nil, answer: String) throws {
        var words = try JSONEncoder().encode(Command(do: name))
        if let talk {
            words.removeLast()
            words += Data(",".utf8) + (try JSONEncoder().encode(talk)).dropFirst()
        }
        commands.write(words + Data("\n".utf8))
        _ = try Self.reply(answer, from: replies)
    }

    private static func reply(_ wanted: String, from replies: NamedPipe) throws -> Reply {
        guard let line = try replies.readLine() else { throw Fault(description: "the stage ended") }
        let reply = try JSONDecoder().decode(Reply.self, from: Data(line.utf8))
        guard reply.is == wanted else { throw Fault(description: "the stage: \(reply.why ?? line)") }
        return reply
    }

    static let script = Repository.root.appending(path: "Tests/LiveTests/Rig/stage.py").path
}

extension Stage {
    /// Why no stage can be set up here; nil if one can.
    static let obstacle: String? = {
        guard FileManager.default.fileExists(atPath: "/proc/self/ns/net") else { return "no Linux" }
        do {
            return try complaint([Repository.python, script, "--probe"])
        } catch {
            return "\(error)"
        }
    }()

    /// Whether a program can be run.
    static func works(_ words: [String]) -> Bool {
        do {
            return try complaint(words) == nil
        } catch {
            return false
        }
    }

    /// The output of a program that fails; nil if it succeeds.
    private static func complaint(_ words: [String]) throws -> String? {
        let folder = try ScratchFolder()
        let errors = folder.path("errors")
        let program = try Program(
            "/usr/bin/env", words, environment: ["NODE_PATH": "/usr/share/nodejs"], output: folder.path("output"),
            errors: errors)
        guard program.wait(atMost: .patience) != 0 else { return nil }
        let said = try String(contentsOfFile: errors, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        return said.isEmpty ? "\(words) failed" : said
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs only if network namespaces are permitted, and the programs that talk in them are installed.
    static var needsStage: Self {
        .enabled(if: Stage.obstacle == nil, Comment(rawValue: Stage.obstacle ?? ""))
    }

    /// Runs only if a program works.
    static func needs(_ name: String, _ words: String...) -> Self {
        .enabled(if: Stage.works(words), "\(name) is not installed")
    }
}

/// A conversation between clients and a server on a stage; see `Rig/client.py`.
struct Talk: Encodable {
    /// The software of the server: "websockets", "aiohttp" or "ws".
    var server = "websockets"
    /// The IP version.
    var family = 4
    /// The seed of the messages.
    var seed = 1
    /// The number of simultaneous connections.
    var connections = 4
    /// The number of messages that each client sends, unless the conversation is endless.
    var messages = 25
    /// Seconds between two messages of a client, on average.
    var pause = 0.002
}
