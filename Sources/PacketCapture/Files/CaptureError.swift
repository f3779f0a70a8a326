/// Why a capture, or the rest of one, could not be read.
public struct CaptureError: Error, Hashable, Sendable {
    /// What went wrong, for a caller that decides what to do about it.
    public enum Kind: Sendable {
        /// The system did not open the file; `detail` holds its words.
        case cannotOpen
        /// The system failed in the middle of reading; `detail` holds its words.
        case cannotRead
        /// The name is a directory's.
        case isDirectory
        /// The file has no bytes at all.
        case empty
        /// The file does not begin as a capture file does.
        case notCapture
        /// The file is compressed by what is not supported, or twice; `detail` holds by what.
        case compressed
        /// The file, or its compression, ends in the middle.
        case cutShort
        /// The file or its compression holds what cannot be true, or what is not supported; `detail` says what.
        case damaged
        /// The filter expression is wrong, or does not suit the file's link type; `detail` holds libpcap's words.
        case badFilter
        /// The file holds more secrets than are kept (64 MiB): the packets of some connections may stay encrypted.
        case tooManySecrets
        /// Standard input was named more than once.
        case repeatedStandardInput
    }

    /// What went wrong.
    public let kind: Kind
    /// The file's name as it was given; "-" is standard input.
    public let name: String
    /// The 1-based number, in this file alone, of the packet that could not be read; nil where that is the
    /// file's header, or no packet is concerned.
    public let packetNumber: UInt64?
    /// Whether it is not that packet that could not be read, but something before it.
    public let isBetweenPackets: Bool
    /// Where in the file, in bytes from its start: the end of a file that is cut short, else the start of the damaged
    /// record; of a compressed file, in what it unpacks to; nil where it is not known.
    public let fileOffset: UInt64?
    /// Where the compression of a compressed file is cut short or damaged, in bytes from the file's own start; nil where
    /// the compression is not what failed.
    public let compressedOffset: UInt64?
    /// More about it: words of the system or of a library, a format's name; or empty.
    public let detail: String
    /// The filter expression, for `badFilter`.
    public let filter: String?

    init(
        _ kind: Kind, name: String, packetNumber: UInt64? = nil, isBetweenPackets: Bool = false,
        fileOffset: UInt64? = nil, compressedOffset: UInt64? = nil, detail: String = "", filter: String? = nil
    ) {
        self.kind = kind
        self.name = name
        self.packetNumber = packetNumber
        self.isBetweenPackets = isBetweenPackets
        self.fileOffset = fileOffset
        self.compressedOffset = compressedOffset
        self.detail = detail
        self.filter = filter
    }
}

extension CaptureError {
    /// What a reader of records has met.
    ///
    /// - Parameters:
    ///   - error: What it says of it.
    ///   - name: The file's name.
    ///   - packetNumber: The number of the packet that it was to read; nil before the first.
    ///   - compression: How the file is compressed.
    ///   - failure: Why its bytes ended, where that is what the reader has met.
    init(
        _ error: ReadingError, name: String, packetNumber: UInt64?, _ compression: CompressionMethod?,
        _ failure: InputFailure?
    ) {
        let isCut = error.kind == .cutShort
        let method = compression.map { "\($0.rawValue): " } ?? ""
        let (kind, compressedOffset, detail): (Kind, UInt64?, String) =
            switch failure {
            case .system(let code) where isCut: (.cannotRead, nil, FileSource.systemMessage(code))
            case .compressionCutShort(let offset) where isCut: (.cutShort, offset, error.detail)
            case .compressionDamaged(let words, let offset) where isCut: (.damaged, offset, method + words)
            default: (error.kind, nil, error.detail)
            }
        self.init(
            kind, name: name, packetNumber: error.place == .header ? nil : packetNumber,
            isBetweenPackets: error.place == .betweenPackets, fileOffset: error.offset,
            compressedOffset: compressedOffset, detail: detail)
    }
}

extension CaptureError: CustomStringConvertible {
    /// One line that names the file and the place, safe to print on a terminal; the program's name is not in it.
    public var description: String {
        let file = name == "-" ? "standard input" : printable(name)
        let more = detail.isEmpty ? "" : ": \(printable(detail))"
        return switch kind {
        case .cannotOpen: "\(file): cannot be opened\(more)"
        case .cannotRead: "\(file): reading failed \(place)\(more)"
        case .isDirectory: "\(file): is a directory"
        case .empty: "\(file): is empty"
        case .notCapture: "\(file): is not a capture file"
        case .compressed: "\(file): is compressed with \(detail): unpack it first"
        case .cutShort: "\(file): cut short \(place)\(more)"
        case .damaged: "\(file): damaged \(place)\(more)"
        case .badFilter: "\(file): bad filter \"\(printable(filter ?? ""))\"\(more)"
        case .tooManySecrets: "\(file): holds more than 64 MiB of secrets\(more)"
        case .repeatedStandardInput: "\(file): can be read only once"
        }
    }

    /// Where it went wrong.
    private var place: String {
        let packet =
            switch packetNumber {
            case .some(1) where isBetweenPackets: "before the first packet"
            case .some(let number) where isBetweenPackets: "after packet \(number &- 1)"
            case .some(let number): "inside packet \(number)"
            case nil: "inside the file header"
            }
        let compressed = compressedOffset.map { " unpacked, \($0) of the compressed file" } ?? ""
        return packet + (fileOffset.map { ", at byte \($0)" } ?? "") + compressed
    }

    /// `text` with everything that could steer a terminal, or turn its text around, written as an escape.
    private func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// What ended the reading of a file's records, as the reader of its format sees it.
struct ReadingError: Error {
    /// What the reader was at.
    enum Place {
        /// The header of the file.
        case header
        /// The packet after those read so far.
        case packet
        /// Something between two packets.
        case betweenPackets
    }

    var kind: CaptureError.Kind
    var place: Place
    /// Where in the capture, in bytes from its start.
    var offset: UInt64
    /// More about it; or empty.
    var detail = ""

    /// Something at `offset` cannot be true.
    static func damaged(_ place: Place, at offset: UInt64, _ detail: String) -> ReadingError {
        ReadingError(kind: .damaged, place: place, offset: offset, detail: detail)
    }

    /// The input came to its end inside something.
    static func ended(_ place: Place, _ input: borrowing ReadBuffer, _ detail: String = "") -> ReadingError {
        ReadingError(kind: .cutShort, place: place, offset: input.endOffset, detail: detail)
    }
}
