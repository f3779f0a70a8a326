/// Why a capture, or the rest of one, could not be read.
public struct CaptureError: Error, Hashable, Sendable {
    /// What went wrong, for callers that act on it.
    public enum Kind: Sendable {
        /// The file could not be opened; `detail` has the system's message.
        case cannotOpen
        /// The system failed to read further; `detail` has its message.
        case cannotRead
        /// The path names a directory.
        case isDirectory
        /// The file has no bytes at all.
        case empty
        /// The file does not start like a capture file.
        case notCapture
        /// The file uses an unsupported compression, or is compressed twice; `detail` names the methods.
        case compressed
        /// The file, or its compressed data, ends in the middle.
        case cutShort
        /// The file or its compressed data is invalid or unsupported; `detail` says how.
        case damaged
        /// Unpacking the file takes more memory than there is; `detail` says how much.
        case needsMemory
        /// The filter expression is wrong or does not apply to the file's link type; `detail` has libpcap's message.
        case badFilter
        /// The files up to this one hold more than 16 MiB of secrets; the rest were dropped, so some connections may
        /// stay encrypted.
        case tooManySecrets
        /// Standard input was named more than once.
        case repeatedStandardInput
    }

    /// What went wrong.
    public let kind: Kind
    /// The file's name as given; "-" is standard input.
    public let name: String
    /// The 1-based number, within this file, of the packet that could not be read; nil if the error lies in the file's
    /// header or concerns no packet.
    public let packetNumber: UInt64?
    /// Whether the error lies before that packet rather than in it.
    public let isBetweenPackets: Bool
    /// Bytes from the start of the file, or of the unpacked data if it is compressed: the end of a file that is cut
    /// short, else the start of the damaged record; nil if unknown.
    public let fileOffset: UInt64?
    /// Whether ``fileOffset`` counts unpacked data.
    public let isUnpacked: Bool
    /// Where the compressed data is cut short or damaged, in bytes from the start of the file; nil if the compression
    /// is not at fault.
    public let compressedOffset: UInt64?
    /// Details: a message of the system or a library, the name of a format; or empty.
    public let detail: String
    /// The filter expression, for `badFilter`.
    public let filter: String?

    init(
        _ kind: Kind, name: String, packetNumber: UInt64? = nil, isBetweenPackets: Bool = false,
        fileOffset: UInt64? = nil, isUnpacked: Bool = false, compressedOffset: UInt64? = nil, detail: String = "",
        filter: String? = nil
    ) {
        self.kind = kind
        self.name = name
        self.packetNumber = packetNumber
        self.isBetweenPackets = isBetweenPackets
        self.fileOffset = fileOffset
        self.isUnpacked = isUnpacked
        self.compressedOffset = compressedOffset
        self.detail = detail
        self.filter = filter
    }
}

extension CaptureError {
    /// Adds the file and the packet to an error of a record reader.
    ///
    /// - Parameters:
    ///   - error: What the reader reports.
    ///   - name: The file's name.
    ///   - packetNumber: The number of the packet it was about to read; nil before the first.
    ///   - compression: How the file is compressed; nil if it is not.
    ///   - failure: Why the input ended early; nil if it did not.
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
            case .compressionDamaged(let message, let offset) where isCut: (.damaged, offset, method + message)
            case .needsMemory(let reason, let offset) where isCut: (.needsMemory, offset, method + reason)
            default: (error.kind, nil, error.detail)
            }
        self.init(
            kind, name: name, packetNumber: error.place == .header ? nil : packetNumber,
            isBetweenPackets: error.place == .betweenPackets, fileOffset: error.offset,
            isUnpacked: compression != nil, compressedOffset: compressedOffset, detail: detail)
    }
}

extension CaptureError: CustomStringConvertible {
    /// One line with the file and the position, without the program's name, safe to print on a terminal.
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
        case .needsMemory: "\(file): cannot be unpacked \(place)\(more)"
        case .badFilter: "\(file): bad filter \"\(printable(filter ?? ""))\"\(more)"
        case .tooManySecrets: "\(file): holds more secrets than fit in 16 MiB\(more)"
        case .repeatedStandardInput: "\(file): can be read only once"
        }
    }

    private var place: String {
        let packet =
            switch packetNumber {
            case .some(1) where isBetweenPackets: "before the first packet"
            case .some(let number) where isBetweenPackets: "after packet \(number &- 1)"
            case .some(let number): "inside packet \(number)"
            case nil: "inside the file header"
            }
        let unpacked = isUnpacked ? " of the unpacked data" : ""
        let compressed = compressedOffset.map { " (byte \($0) of the file)" } ?? ""
        return packet + (fileOffset.map { ", at byte \($0)\(unpacked)\(compressed)" } ?? "")
    }

    /// Escapes control and bidirectional characters in `text`, so that it cannot control a terminal.
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

/// Why the records of a file cannot be read further, as seen by the reader of its format.
struct ReadingError: Error {
    /// What was being read.
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
    /// Bytes from the start of the capture.
    var offset: UInt64
    /// Details, or empty.
    var detail = ""

    /// The data at `offset` is invalid or unsupported.
    static func damaged(_ place: Place, at offset: UInt64, _ detail: String) -> ReadingError {
        ReadingError(kind: .damaged, place: place, offset: offset, detail: detail)
    }

    /// The input ended in the middle.
    static func ended(_ place: Place, _ input: borrowing ReadBuffer, _ detail: String = "") -> ReadingError {
        ReadingError(kind: .cutShort, place: place, offset: input.endOffset, detail: detail)
    }
}
