import Foundation
import TestSupport
import Testing

@testable import ParallelAnalysis

@Suite("An unfinished file", .serialized)
struct PendingFileTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func write(_ text: String, to file: borrowing PendingFile) {
        let bytes = Array(text.utf8)
        #expect(Foundation.write(file.descriptor, bytes, bytes.count) == bytes.count)
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder.path(name), encoding: .utf8)
    }

    @Test(
        "gets its name once it is complete, without a name before or with one", arguments: [true, false], [true, false])
    func finished(mayBeAnonymous: Bool, replaces: Bool) throws {
        if replaces { _ = try folder.write("a", Array("old".utf8)) }
        var file = try PendingFile(
            target: folder.path("a"), replacedMode: replaces ? 0o640 : nil, mayBeAnonymous: mayBeAnonymous)
        write("new", to: file)
        if replaces { #expect(try text("a") == "old") }
        #expect(try folder.names.count == (replaces ? 1 : 0) + (mayBeAnonymous ? 0 : 1))
        try file.finish()
        #expect(try text("a") == "new")
        #expect(try folder.names == ["a"])
    }

    @Test("is removed if it is never finished", arguments: [true, false])
    func dropped(mayBeAnonymous: Bool) throws {
        do {
            let file = try PendingFile(target: folder.path("a"), replacedMode: nil, mayBeAnonymous: mayBeAnonymous)
            write("new", to: file)
        }
        #expect(try folder.names == [])
        do {
            let file = try PendingFile(target: folder.path("a"), replacedMode: nil, mayBeAnonymous: mayBeAnonymous)
            write("new", to: file)
            PendingFile.removeUnfinished()
            #expect(try folder.names == [])
        }
    }

    @Test("replaces a file that was created meanwhile, but nothing else", arguments: [true, false])
    func overtaken(mayBeAnonymous: Bool) throws {
        var first = try PendingFile(target: folder.path("a"), replacedMode: nil, mayBeAnonymous: mayBeAnonymous)
        write("new", to: first)
        _ = try folder.write("a", Array("meanwhile".utf8))
        try first.finish()
        #expect(try text("a") == "new")
        var second = try PendingFile(target: folder.path("b"), replacedMode: nil, mayBeAnonymous: mayBeAnonymous)
        try #require(symlink("nowhere", folder.path("b")) == 0)
        #expect(throws: PendingFileError.self) { try second.finish() }
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("b")) == "nowhere")
    }
}
