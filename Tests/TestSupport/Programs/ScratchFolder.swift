public import Foundation

/// A folder for one test's files, removed with its owner.
public final class ScratchFolder: Sendable {
    /// The folder.
    public let url: URL

    /// Makes a folder of its own.
    public init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "wstap-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of something in the folder, whether it is there or not.
    public func path(_ name: String) -> String {
        url.path + "/" + name
    }

    /// Writes a file and returns its path.
    public func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = path(name)
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }

    /// The names of what is in the folder, in order.
    public var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}
