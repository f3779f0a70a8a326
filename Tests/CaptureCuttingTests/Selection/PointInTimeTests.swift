import CaptureCutting
import Testing
import WireFormat

@Suite("A point in time of a filter")
struct PointInTimeTests {
    @Test(
        "is a moment in UTC, to the nanosecond (RFC 3339 5.6)",
        arguments: [
            // The seconds come from `date -u -d … +%s`.
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.5Z", -500_000_000),
            ("2026-11-28T21:13:42.5Z", 1_795_900_422_500_000_000), ("2024-02-29T12:00:00z", 1_709_208_000_000_000_000),
            ("2000-02-29 00:00:00Z", 951_782_400_000_000_000), ("2026-12-31t23:59:60Z", 1_798_761_600_000_000_000),
            ("2262-04-11T23:47:16.854775807Z", Int64.max),
        ])
    func moments(text: String, nanoseconds: Int64) {
        #expect(PointInTime(text) == .absolute(Timestamp(nanoseconds: nanoseconds)))
    }

    @Test("is a number of seconds since the first packet")
    func elapsed() {
        #expect(PointInTime("12.5") == .elapsed(12_500_000_000))
        #expect(PointInTime("-1") == .elapsed(-1_000_000_000))
    }

    @Test(
        "cannot be a day that its month lacks, nor beyond what 64 bits of nanoseconds hold",
        arguments: [
            "2026-02-29T00:00:00Z", "2026-02-31T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
            "2026-01-32T00:00:00Z", "2026-01-00T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
            "2262-04-11T23:47:16.854775808Z", "2262-04-11T23:47:16.9Z", "2262-04-11T23:47:17Z", "9999-12-31T23:59:59Z",
            "2026-11-28T21:13:42", "2026-11-28T21:13:42+00:00", "2026-11-28T21:13:42.Z", "1e10", "nan", "inf", "",
        ])
    func refusals(text: String) {
        #expect(PointInTime(text) == nil)
    }
}
