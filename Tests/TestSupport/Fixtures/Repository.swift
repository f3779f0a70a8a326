public import Foundation

/// Where the tests find their files.
public enum Repository {
    /// The root of the working copy that these sources were compiled from.
    public static let root = (0..<4).reduce(into: URL(filePath: #filePath)) { url, _ in
        url.deleteLastPathComponent()
    }

    /// The Python with the packages that tests need: the one that `scripts/test` sets up, else the one on the PATH.
    public static let python: String = {
        let own = root.appending(path: ".build/python/bin/python3").path
        return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
    }()

    /// The cases that come with the repository.
    public static let fixtures = root.appending(path: "fixtures")

    /// Larger captures that may lie beside the repository; nil where they are absent.
    public static let sharedCaptures: URL? = {
        let folder = root.deletingLastPathComponent().appending(path: "shared/captures")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()
}
