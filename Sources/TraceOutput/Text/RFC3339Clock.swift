import WireFormat

/// Writes times in the form of RFC 3339, in UTC with nine decimals; caches the text of the last second.
struct RFC3339Clock {
    private var second = Int64.min
    /// "2026-11-20T17:24:00." of that second.
    private var text = InlineArray<20, UInt8>(repeating: 0)

    /// Appends, for example, "2026-11-20T17:24:00.123456789Z".
    ///
    /// Every time that 64-bit nanoseconds can express has a four-digit year (1677 to 2262).
    mutating func append(_ time: Timestamp, to output: inout OutputBuffer) {
        var (seconds, fraction) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if fraction < 0 {
            seconds &-= 1
            fraction &+= 1_000_000_000
        }
        if seconds != second {
            second = seconds
            remember(seconds)
        }
        output.append(text.span)
        output.append(nineDigits: UInt64(fraction))
        output.append(UInt8(ascii: "Z"))
    }

    private mutating func remember(_ seconds: Int64) {
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let (year, month, day) = Self.civil(days: days)
        let clock = seconds - days * 86_400
        put(year / 100, at: 0)
        put(year % 100, at: 2)
        text[4] = UInt8(ascii: "-")
        put(month, at: 5)
        text[7] = UInt8(ascii: "-")
        put(day, at: 8)
        text[10] = UInt8(ascii: "T")
        put(clock / 3600, at: 11)
        text[13] = UInt8(ascii: ":")
        put(clock / 60 % 60, at: 14)
        text[16] = UInt8(ascii: ":")
        put(clock % 60, at: 17)
        text[19] = UInt8(ascii: ".")
    }

    private mutating func put(_ value: Int64, at place: Int) {
        text[place] = UInt8(ascii: "0") + UInt8(value / 10)
        text[place + 1] = UInt8(ascii: "0") + UInt8(value % 10)
    }

    /// The Gregorian date of a day counted from 1970-01-01, by eras of 400 years that begin on March 1.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension OutputBuffer {
    /// Appends a time for people, in UTC with six decimals: "2026-11-20 17:24:00.123456".
    mutating func append(date time: Timestamp, _ clock: inout RFC3339Clock) {
        let start = count
        clock.append(time, to: &self)
        replaceByte(at: start + 10, with: UInt8(ascii: " "))
        truncate(to: count - 4)
    }
}
