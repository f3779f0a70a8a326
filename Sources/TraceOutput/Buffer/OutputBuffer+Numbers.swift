/// "00" to "99", one after the other.
private let digitPairs: StaticString = """
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
    5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
    """

private let hexDigits: StaticString = "0123456789abcdef"

extension OutputBuffer {
    /// Appends a number in decimal.
    mutating func append(decimal value: UInt64) {
        if value < 10 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
            return
        }
        let length = Self.decimalDigits(of: value)
        unsafe append(atMost: 20) { target in
            unsafe Self.write(value, digits: length, at: target)
            return length
        }
    }

    /// Appends a number in decimal, with its sign when negative.
    mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: value.magnitude)
    }

    /// Appends the low `digits` decimal digits (1 to 20) of a number, zeros in front.
    mutating func append(decimal value: UInt64, digits: Int) {
        unsafe append(atMost: digits) { target in
            unsafe Self.write(value, digits: digits, at: target)
            return digits
        }
    }

    /// Appends nanoseconds as seconds with nine decimals, such as "-0.000000001".
    mutating func append(seconds nanoseconds: Int64) {
        if nanoseconds < 0 { append(UInt8(ascii: "-")) }
        let (seconds, fraction) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        append(decimal: seconds)
        append(UInt8(ascii: "."))
        append(decimal: fraction, digits: 9)
    }

    /// Appends the low `digits` hexadecimal digits of a number in lower case, zeros in front.
    mutating func append(hex value: UInt32, digits: Int) {
        unsafe append(atMost: digits) { target in
            for place in 0..<digits {
                let nibble = Int(value &>> UInt32(4 &* (digits &- 1 &- place)) & 0xf)
                unsafe target[place] = hexDigits.utf8Start[nibble]
            }
            return digits
        }
    }

    /// How many decimal digits a number takes: 1 to 20.
    static func decimalDigits(of value: UInt64) -> Int {
        var digits = 1
        var rest = value
        while rest >= 10_000 {
            rest /= 10_000
            digits &+= 4
        }
        return digits &+ (rest >= 1000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
    }

    @inline(__always)
    private static func write(_ value: UInt64, digits: Int, at target: UnsafeMutablePointer<UInt8>) {
        let pairs = unsafe digitPairs.utf8Start
        var rest = value
        var place = digits
        while place >= 2 {
            let pair = Int(truncatingIfNeeded: rest % 100) &* 2
            rest /= 100
            place &-= 2
            unsafe target[place] = pairs[pair]
            unsafe target[place &+ 1] = pairs[pair &+ 1]
        }
        if place == 1 {
            unsafe target[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
        }
    }
}
