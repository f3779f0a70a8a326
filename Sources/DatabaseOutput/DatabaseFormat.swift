package import CaptureAnalysis
package import TraceOutput
import WebSocketProtocol
import WireFormat

/// What a database contains.
package struct DatabaseOptions: Hashable, Sendable {
    /// The most bytes of each payload.
    package var payload: PayloadLimit
    /// Whether data frames have their own bytes, in addition to their message's.
    package var framePayloads: Bool
    /// The version of the program.
    package var version: String

    /// Creates options.
    package init(payload: PayloadLimit = .all, framePayloads: Bool = false, version: String) {
        self.payload = payload
        self.framePayloads = framePayloads
        self.version = version
    }
}

/// A trace as a SQLite database; `docs/database.md` defines it.
///
/// The only format that does I/O: SQLite writes the file. There is no journal, since an unfinished file never gets its
/// name.
package struct DatabaseFormat: OutputFormat, ~Copyable {
    /// Always empty.
    package var output = OutputBuffer(capacity: 64)
    let options: DatabaseOptions
    private let payloads: (any PayloadSink)?
    /// The file and its statements; nil before it is opened, and after a failure to open it.
    private(set) var tables: Tables?
    /// Why the database could not be opened.
    private var openingFailure: String?

    /// Creates the format.
    ///
    /// - Parameters:
    ///   - options: What the database contains.
    ///   - payloads: Takes the payloads of messages, of which the database then has only the lengths; nil for none.
    package init(options: DatabaseOptions, payloads: (any PayloadSink)? = nil) {
        self.options = options
        self.payloads = payloads
    }

    /// The pages that SQLite keeps in memory.
    package static var heldByteCount: Int { Tables.cacheSize << 10 }

    /// An open session that was not accepted, in a table that grows by copying, in bytes.
    package static var sessionByteCount: Int { 200 }

    /// Everything except states and untroubled deliveries, with as much of the payloads as the options say.
    package var demand: EventDemand {
        var demand = EventDemand()
        demand.payload = PayloadDemand(bytes: options.payload.maximum, includesFrames: options.framePayloads)
        demand.includesIntervals = false
        return demand
    }

    /// True: SQLite fills the file itself.
    package static var writesFile: Bool { true }

    /// Creates the tables.
    package mutating func open(_ path: String?, named name: String) {
        guard let path else {
            openingFailure = "\(name): a database needs a regular file"
            return
        }
        tables = Tables(Database(path, named: name), payloads)
    }

    /// Why the database is incomplete.
    package var failure: String? { openingFailure ?? tables?.database.failure ?? tables?.payloads?.failure }

    /// Adds an event; the last one completes the database.
    package mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        guard let tables, tables.database.failure == nil else { return }
        switch event {
        case .capture(let start): add(start, at: context, to: tables)
        case .connection(let start): add(start, at: context, to: tables)
        case .handshake(let handshake): add(handshake, at: context, to: tables)
        case .frame(let frame): add(frame, at: context, payload: payload, to: tables)
        case .message(let message): add(message, at: context, payload: payload, to: tables)
        case .gap(let gap): add(gap, at: context, to: tables)
        case .resync(let resync): add(resync, at: context, to: tables)
        case .delivery(let delivery): add(delivery, at: context, to: tables)
        case .finding(let finding): add(finding, at: context, to: tables)
        case .end(let end): add(end, at: context, to: tables)
        case .segment, .alert, .encrypted, .exchange: return
        case .summary(let summary):
            add(summary, to: tables)
            tables.complete()
        }
    }
}

/// An open database, and a statement for each kind of row.
final class Tables {
    let database: Database
    /// Where the payloads of messages go, if not into the database.
    let payloads: (any PayloadSink)?
    let capture: Statement
    let captureTotals: Statement
    let session: Statement
    let upgrade: Statement
    let ending: Statement
    let message: Statement
    let frame: Statement
    let finding: Statement
    let gap: Statement
    let resumption: Statement
    let delivery: Statement
    /// Open sessions that were requested and are not (yet) accepted, for their verdicts.
    var unaccepted: [SessionID: SessionRow.Upgrade] = [:]
    private var rows = 0

    /// Memory for database pages, in KiB.
    static var cacheSize: Int { 16 << 10 }
    /// Rows in a transaction.
    private static var transaction: Int { 1 << 16 }

    init(_ database: Database, _ payloads: (any PayloadSink)?) {
        self.database = database
        self.payloads = payloads
        database.execute(
            """
            PRAGMA page_size = 8192;
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            PRAGMA locking_mode = EXCLUSIVE;
            PRAGMA cache_size = -\(Self.cacheSize);
            PRAGMA application_id = 0x77737470;
            PRAGMA user_version = \(Schema.version);
            \(Schema.creation)
            BEGIN
            """)
        capture = database.prepare(Schema.capture.insertion(to: "first_time_ns"))
        captureTotals = database.prepare(Schema.capture.update(from: "duration_ns", to: "dropped_by_interface"))
        session = database.prepare(Schema.session.insertion(to: "connect_time_ns"))
        upgrade = database.prepare(Schema.session.update(from: "accepted", to: "response_headers"))
        ending = database.prepare(Schema.session.update(from: "end_packet", to: "rst_from"))
        message = database.prepare(Schema.message.insertion())
        frame = database.prepare(Schema.frame.insertion())
        finding = database.prepare(Schema.finding.insertion())
        gap = database.prepare(Schema.gap.insertion(to: "length"))
        resumption = database.prepare(Schema.resumption)
        delivery = database.prepare(Schema.delivery.insertion())
    }

    /// Adds the row whose values are bound.
    @inline(__always)
    func add(_ statement: Statement) {
        database.run(statement)
        rows &+= 1
        if rows % Self.transaction == 0 { database.execute("COMMIT; BEGIN") }
    }

    /// Adds indices and views, and closes the file.
    func complete() {
        database.execute("COMMIT; BEGIN;\n" + Schema.completion + ";\nCOMMIT")
        database.close()
        // The old payloads stay if the old database does.
        if database.failure == nil { payloads?.finish() }
    }
}
