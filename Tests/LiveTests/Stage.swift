import Foundation
import TestSupport
import Testing

/// Two network namespaces with real WebSocket servers and clients in them: `Rig/stage.py`, which sets and removes them.
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

    /// What the stage said that it should not.
    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    /// The interface at the server's end, in a namespace of its own.
    let interface: String
    /// What programs write; anybody may, for wstap gives up its rights.
    let folder: ScratchFolder

    private let namespace: String
    private let program: Program
    private let commands: NamedPipe
    private let replies: NamedPipe

    /// Sets the stage.
    ///
    /// - Parameter seed: A seed for packets that get lost, repeated and out of order between the ends; nil: none do.
    /// - Throws: Where it cannot be set.
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
        // It ends, and takes everything with it, when nobody can command it any more.
        commands.closeWriting()
        if program.wait(atMost: .patience) == nil { Issue.record("the stage did not end") }
    }

    /// Has a whole talk held.
    func hold(_ talk: Talk) throws {
        try order("talk", talk, answer: "over")
    }

    /// Begins a talk that goes on until `finish`.
    func begin(_ talk: Talk) throws {
        try order("begin", talk, answer: "open")
    }

    /// Ends the talk that goes on, in order.
    func finish() throws {
        try order("finish", answer: "over")
    }

    /// Has TCP connections made that are no WebSocket.
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

    /// What both ends have logged up to now.
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
