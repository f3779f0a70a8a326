/// A run that did not find what the capture holds: its time means nothing.
struct WrongCount: Error, CustomStringConvertible {
    let description: String

    static func check(_ what: String, _ found: UInt64, is expected: UInt64) throws {
        guard found == expected else {
            throw WrongCount(description: "\(what): \(found) in place of \(expected)")
        }
    }
}
