/// The interfaces that a pcapng file describes, by name: that which was opened first, then, where it stands for several,
/// each from which a packet came.
struct WrittenInterfaces {
    private var numbers: [[UInt8]: UInt32]
    private var latest: (name: [UInt8], number: UInt32)

    /// Further ones count as the first.
    private static let capacity = 4096

    init(first: String) {
        latest = (Array(first.utf8), 0)
        numbers = [latest.name: 0]
    }

    /// The number of an interface in the file.
    ///
    /// - Parameters:
    ///   - name: Its name; that of the first where it is empty.
    ///   - describe: Called where it has none yet, to describe it.
    /// - Returns: The number, from 0.
    mutating func number(of name: Span<UInt8>, describe: ([UInt8]) -> Void) -> UInt32 {
        guard !isLatest(name) else { return latest.number }
        guard !name.isEmpty else { return 0 }
        let name = unsafe name.withUnsafeBufferPointer { unsafe Array($0) }
        if let known = numbers[name] {
            latest = (name, known)
        } else {
            guard numbers.count < Self.capacity else { return 0 }
            latest = (name, UInt32(numbers.count))
            numbers[name] = latest.number
            describe(name)
        }
        return latest.number
    }

    private func isLatest(_ name: Span<UInt8>) -> Bool {
        name.count == latest.name.count && name.indices.allSatisfy { name[$0] == latest.name[$0] }
    }
}
