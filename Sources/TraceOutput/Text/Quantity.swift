import WireFormat

/// Counts, sizes and durations for people.
package enum Quantity {
    /// Nanoseconds as "0.09 ms" if below a second, otherwise as "5.002 s".
    static func duration(_ nanoseconds: Int64) -> String {
        let sign = nanoseconds < 0 ? "-" : ""
        let length = nanoseconds.magnitude
        return length < 999_995_000
            ? sign + fixed(length, unit: 1_000_000, decimals: 2) + " ms"
            : sign + fixed(length, unit: 1_000_000_000, decimals: 3) + " s"
    }

    /// Nanoseconds as "0.250 s".
    static func seconds(_ nanoseconds: Int64) -> String {
        (nanoseconds < 0 ? "-" : "") + fixed(nanoseconds.magnitude, unit: 1_000_000_000, decimals: 3) + " s"
    }

    /// Nanoseconds as "60.0 s".
    static func tenthsOfSeconds(_ nanoseconds: Int64) -> String {
        (nanoseconds < 0 ? "-" : "") + fixed(nanoseconds.magnitude, unit: 1_000_000_000, decimals: 1) + " s"
    }

    /// A time as "2026-11-20 17:24:00.123456 UTC".
    static func date(_ time: Timestamp) -> String {
        var output = OutputBuffer(capacity: 32)
        var clock = RFC3339Clock()
        output.append(date: time, &clock)
        return output.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) } + " UTC"
        }
    }

    /// Bytes as "999 B", "1.2 kB", "3.4 GB", by powers of 1000.
    static func bytes(_ count: UInt64) -> String {
        if count < 1000 { return "\(count) B" }
        var unit: UInt64 = 1000
        for name in ["kB", "MB", "GB", "TB", "PB"] {
            if count < unit * 1000 - unit / 20 { return fixed(count, unit: unit, decimals: 1) + " " + name }
            unit *= 1000
        }
        return fixed(count, unit: unit, decimals: 1) + " EB"
    }

    /// A count and its noun, with a plural s: "1 frame", "2 frames".
    package static func count(_ number: UInt64, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }

    /// A count with separators: "4,549".
    static func grouped(_ number: UInt64) -> String {
        var text = String(number)
        var place = text.utf8.count - 3
        while place > 0 {
            text.insert(",", at: text.index(text.startIndex, offsetBy: place))
            place -= 3
        }
        return text
    }

    /// `value` in `unit`s, rounded to 1 to 3 decimals.
    private static func fixed(_ value: UInt64, unit: UInt64, decimals: Int) -> String {
        let scale: UInt64 = decimals == 1 ? 10 : decimals == 2 ? 100 : 1000
        let (whole, rest) = value.quotientAndRemainder(dividingBy: unit)
        let step = unit / scale
        let fraction = (rest + step / 2) / step
        let (carry, digits) = fraction.quotientAndRemainder(dividingBy: scale)
        let text = String(digits)
        return "\(whole + carry)." + String(repeating: "0", count: decimals - text.utf8.count) + text
    }
}
