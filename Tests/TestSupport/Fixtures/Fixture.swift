package import Foundation

/// A case of `fixtures/`: a capture, and what must be found in it.
package struct Fixture: Sendable, CustomStringConvertible {
    private struct Manifest: Decodable {
        struct Case: Decodable {
            var name: String
            var capture: String
            var purpose: String
            var origin: String
        }

        var cases: [Case]
    }

    /// The name of its folder, which says what it shows.
    package let name: String
    /// Its purpose.
    package let purpose: String
    /// The software that made the traffic, and how it was recorded or rewritten.
    package let origin: String
    /// The capture.
    package let capture: URL
    /// What must be found.
    package let expectation: Expectation

    /// The name in failures.
    package var description: String { name }

    /// All cases, in the order of the manifest; throws if a file is missing or invalid.
    package static var all: [Fixture] {
        get throws {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let manifest = try Data(contentsOf: Repository.fixtures.appending(path: "manifest.json"))
            return try decoder.decode(Manifest.self, from: manifest).cases.map { entry in
                let folder = Repository.fixtures.appending(path: entry.name)
                let expected = try Data(contentsOf: folder.appending(path: "expected.json"))
                return Fixture(
                    name: entry.name, purpose: entry.purpose, origin: entry.origin,
                    capture: folder.appending(path: entry.capture),
                    expectation: try decoder.decode(Expectation.self, from: expected))
            }
        }
    }

    /// The case with this name; throws if there is none.
    package static func named(_ name: String) throws -> Fixture {
        guard let fixture = try all.first(where: { $0.name == name }) else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "fixtures/\(name)"])
        }
        return fixture
    }
}

/// The locations of the tests' files.
package enum Repository {
    /// The root of the working copy that these sources were compiled from.
    package static let root = (0..<4).reduce(into: URL(filePath: #filePath)) { url, _ in
        url.deleteLastPathComponent()
    }

    /// The Python with the packages that tests need: the one that `scripts/test` sets up, or else the one on the PATH.
    package static let python: String = {
        let own = root.appending(path: ".build/python/bin/python3").path
        return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
    }()

    /// The cases that come with the repository.
    package static let fixtures = root.appending(path: "fixtures")

    /// Larger captures that may be next to the repository; nil if they are not.
    package static let sharedCaptures: URL? = {
        let folder = root.deletingLastPathComponent().appending(path: "shared/captures")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()
}
