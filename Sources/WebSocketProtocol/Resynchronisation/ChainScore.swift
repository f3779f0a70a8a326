/// The evidence of a chain, in bits, by its kind.
struct ChainScore {
    /// The evidence up to a place in a chain: that of rows with repeats, and all other.
    struct Sum {
        var rows = 0
        var others = 0

        /// All of it.
        var bits: Int { rows + others }
    }

    /// Evidence of consecutive headers and of frames that end with segments: records of other protocols have it too.
    private var form = 0
    /// The same for short unmasked frames that share segments: a table inside a long message has it too.
    private var rows = 0
    /// Evidence of headers that look like an earlier one, and of where their frames end.
    private var repeats = 0
    /// Evidence that other protocols do not have.
    private var content = 0
    /// The most that rows and repeats count together.
    private let rowLimit: Int
    /// The most that form, rows and repeats count together.
    private let formLimit: Int

    /// Starts without evidence.
    ///
    /// - Parameters:
    ///   - isMasked: Whether frames are masked.
    ///   - isMidstream: Whether nothing is known of the connection.
    init(isMasked: Bool, isMidstream: Bool) {
        rowLimit = isMasked ? .max : Evidence.unmaskedRows
        formLimit = isMidstream && !isMasked ? Evidence.unmaskedFormMidstream : .max
    }

    /// All of the evidence.
    var bits: Int {
        min(form + min(rows + min(repeats, Evidence.repeatLimit), rowLimit), formLimit) + content
    }

    /// The same evidence in two parts.
    var sum: Sum {
        let rows = min(rows + min(repeats, Evidence.repeatLimit), rowLimit)
        return Sum(rows: rows, others: bits - rows)
    }

    /// Counts the evidence of a short unmasked frame, or before the first frame, of where the chain begins.
    mutating func add(row bits: Int) { rows = min(rows + bits, rowLimit) }

    /// Counts the evidence of a frame's form.
    mutating func add(form bits: Int) { form += bits }

    /// Counts the evidence of a frame that looks like an earlier one.
    mutating func add(repeat bits: Int) { repeats += bits }

    /// Counts evidence of a frame that other protocols do not have.
    mutating func add(content bits: Int) { content += bits }

    /// Adds the lead in evidence that another chain has at a shared place.
    mutating func add(_ gain: Sum) {
        rows = min(max(0, rows + gain.rows), rowLimit)
        form += gain.others
    }
}
