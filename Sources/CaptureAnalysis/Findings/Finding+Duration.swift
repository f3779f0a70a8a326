extension Finding {
    /// A duration as a finding's text has it, such as "62.0 ms".
    ///
    /// - Parameter nanoseconds: The duration, of any length; not negative.
    /// - Returns: Milliseconds with one decimal, and their unit.
    static func milliseconds(_ nanoseconds: Int64) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 100_000)
        let tenths = whole &+ (rest >= 50_000 ? 1 : 0)
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}
