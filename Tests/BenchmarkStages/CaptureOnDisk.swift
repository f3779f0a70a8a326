public import Foundation
public import GeneratedCaptures

/// A generated capture in a file, with its truth next to it; generated only once.
public struct CaptureOnDisk {
    /// The profile's name.
    public let name: String
    /// The file.
    public let path: String
    /// Its truth.
    public let truth: CaptureTruth
    /// The path of an encrypted capture's key log.
    public var keyLogPath: String { path + ".keys" }
    /// The path of an encrypted capture's records, with their keys.
    public var recordsPath: String { path + ".records" }

    /// Finds the capture in a folder, or generates it.
    ///
    /// - Parameters:
    ///   - profile: The capture's profile.
    ///   - seed: The seed of its randomness.
    ///   - share: Its share of the profile's full size.
    ///   - folder: The folder.
    /// - Throws: If it cannot be written.
    public init(_ profile: CaptureProfile, seed: UInt64, share: Double, in folder: URL) throws {
        name = profile.name
        let version = GeneratedCapture.version
        let file = folder.appending(path: "\(profile.name)-\(version)-seed-\(seed)-share-\(share).pcap")
        let log = file.appendingPathExtension("json")
        path = file.path
        if let data = try? Data(contentsOf: log), let truth = try? JSONDecoder().decode(CaptureTruth.self, from: data),
            FileManager.default.fileExists(atPath: path)
        {
            self.truth = truth
            return
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let handle = try FileHandle(forWritingTo: file)
        let capture = GeneratedCapture(profile.scaled(by: share), seed: seed)
        if profile.cipher == nil {
            truth = try capture.write { try handle.write(contentsOf: $0) }
        } else {
            _ = FileManager.default.createFile(atPath: path + ".records", contents: nil)
            let records = try FileHandle(forWritingTo: URL(filePath: path + ".records"))
            truth = try capture.write(
                { try handle.write(contentsOf: $0) }, records: { try records.write(contentsOf: $0) })
            try records.close()
            try capture.keyLog(connections: Int(truth.connections))
                .write(toFile: path + ".keys", atomically: false, encoding: .utf8)
        }
        try handle.close()
        try JSONEncoder().encode(truth).write(to: log)
    }
}
