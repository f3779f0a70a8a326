/// The evidence of a chain, in bits, by its kind.
struct ChainScore {
    /// Evidence up to a place in a chain: that of rows and of what repeats, and all other.
    struct Sum {
        var rows = 0
        var others = 0

        /// Both together.
        var bits: Int { rows + others }
    }

    /// Of headers that follow one another and of frames that end with segments: records of other protocols have it too.
    private var form = 0
    /// The same of short unmasked frames that share their segments: a table inside a long message is nothing else.
    private var rows = 0
    /// Of headers that look like an earlier one, and of where they end.
    private var repeats = 0
    /// Of what other protocols do not have.
    private var content = 0
    /// The most that rows count, with what repeats.
    private let rowLimit: Int
    /// The most that form counts, with rows and what repeats.
    private let formLimit: Int

    /// Begins with no evidence.
    ///
    /// - Parameters:
    ///   - isMasked: Whether frames are masked.
    ///   - isMidstream: Whether nothing is known of the connection.
    init(isMasked: Bool, isMidstream: Bool) {
        rowLimit = isMasked ? .max : Evidence.unmaskedRows
        formLimit = isMidstream && !isMasked ? Evidence.unmaskedFormMidstream : .max
    }

    /// All of it.
    var bits: Int {
        min(form + min(rows + min(repeats, Evidence.repeatLimit), rowLimit), formLimit) + content
    }

    /// The same in two parts.
    var sum: Sum {
        let rows = min(rows + min(repeats, Evidence.repeatLimit), rowLimit)
        return Sum(rows: rows, others: bits - rows)
    }

    /// Counts what a short unmasked frame proves; before the first frame, where the chain begins.
    mutating func add(row bits: Int) { rows = min(rows + bits, rowLimit) }

    /// Counts what a frame proves by its form.
    mutating func add(form bits: Int) { form += bits }

    /// Counts what a frame proves that looks like an earlier one.
    mutating func add(repeat bits: Int) { repeats += bits }

    /// Counts what a frame proves that other protocols do not have.
    mutating func add(content bits: Int) { content += bits }

    /// Adds what another chain has up to a place beyond what this one had.
    mutating func add(_ gain: Sum) {
        rows = min(max(0, rows + gain.rows), rowLimit)
        form += gain.others
    }
}
