import Foundation
import Testing

/// The built `wstap-web`, with a pipe for its standard input.
final class WebProgram {
    static let package = URL(filePath: #filePath).appending(path: "../../../..").standardized
    static let repository = package.appending(path: "..").standardized
    static let path = package.appending(path: ".build/debug/wstap-web").path
    static let token = "0123456789abcdefghij-_"

    private let process = Process()
    private let input = Pipe()
    private let errors = Pipe()
    /// What it said until it listened.
    private(set) var said = ""
    private(set) var port = 0
    private(set) var token = ""

    /// Starts it, and waits until it listens.
    init(_ arguments: [String] = [], port: Int = 0, environment: [String: String] = ["WSTAP_WEB_TOKEN": token]) throws {
        process.executableURL = URL(filePath: Self.path)
        process.arguments = ["--port", "\(port)"] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input
        process.standardError = errors
        try process.run()
        while case let bytes = errors.fileHandleForReading.availableData, !bytes.isEmpty {
            said += String(decoding: bytes, as: UTF8.self)
            if said.contains("Open http"), said.hasSuffix("\n") { break }
        }
        if let match = said.firstMatch(of: /Open http:\/\/[^\/]*:([0-9]+)\/([^\/]*)\/\n/) {
            (self.port, token) = (Int(match.1) ?? 0, String(match.2))
        }
    }

    var identifier: Int32 { process.processIdentifier }

    /// Writes to its standard input.
    func feed(_ text: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    func endInput() throws {
        try input.fileHandleForWriting.close()
    }

    /// Ends it, as kill(1) does.
    func kill() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Waits for it to end by itself.
    func status() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    deinit { if process.isRunning { process.terminate() } }

    /// A request, with the right Host unless told otherwise.
    func request(
        _ path: String? = nil, method: String = "GET", host: String? = nil, fields: [String] = []
    ) throws -> HTTPConnection {
        let connection = try HTTPConnection(port: port)
        let head = ["\(method) \(path ?? "/\(token)/") HTTP/1.1", "Host: \(host ?? "127.0.0.1:\(port)")"] + fields
        try connection.send(head.map { $0 + "\r\n" }.joined() + "\r\n")
        return connection
    }
}

/// A trace in which one session says some things.
enum SampleTrace {
    static let head =
        #"{"event":"capture","time":"2026-01-01T00:00:00.000000000Z","elapsed":0.000000000,"packet":0,"format":"wstap-trace","version":1}"#
        + "\n"

    static func message(_ number: Int, padding: Int = 0) -> String {
        #"{"event":"message","elapsed":\#(number).5,"packet":\#(number),"connection":1,"payload":"\#(String(repeating: "x", count: padding))"}"#
            + "\n"
    }
}
