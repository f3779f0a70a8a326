#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The names of the interfaces that the packets of "any" came from, each looked up once.
final class InterfaceNames {
    private var names: [UInt32: InterfaceName] = [:]
    /// More have no place in memory at once: machines with many containers make new ones all the time.
    private static let capacity = 4096

    /// The name of an interface by its number; empty where it has none any more.
    func name(_ index: UInt32) -> UnsafeBufferPointer<UInt8> {
        if let known = names[index] { return unsafe known.bytes }
        var text = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        let isKnown = unsafe if_indextoname(index, &text) != nil
        let name = isKnown ? text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } : []
        let found = unsafe name.withUnsafeBufferPointer { unsafe InterfaceName($0) }
        if names.count >= Self.capacity { names.removeAll() }
        names[index] = found
        return unsafe found.bytes
    }
}
