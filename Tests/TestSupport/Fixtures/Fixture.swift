public import Foundation

/// A case of `fixtures/`: a capture, and what must be found in it.
public struct Fixture: Sendable, CustomStringConvertible {
    private struct Manifest: Decodable {
        struct Case: Decodable {
            var name: String
            var capture: String
            var purpose: String
            var origin: String
        }

        var cases: [Case]
    }

    /// The name of its folder: what it shows.
    public let name: String
    /// What it is there for.
    public let purpose: String
    /// The software that made the traffic, and how it was recorded or rewritten.
    public let origin: String
    /// The capture.
    public let capture: URL
    /// What must be found.
    public let expectation: Expectation

    /// As failures name it.
    public var description: String { name }

    /// Every case, in the order of the manifest; throws when a file is missing or not as it should be.
    public static var all: [Fixture] {
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

    /// The case of that name; throws when there is none.
    public static func named(_ name: String) throws -> Fixture {
        guard let fixture = try all.first(where: { $0.name == name }) else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "fixtures/\(name)"])
        }
        return fixture
    }
}
