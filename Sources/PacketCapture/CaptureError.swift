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
        /// The file is compressed; `detail` holds by what.
        case compressed
        /// The file ends inside its header or inside a packet.
        case cutShort
        /// The file's header or a packet's header cannot be true, or holds what is not supported; `detail` holds
        /// libpcap's words.
        case damaged
        /// The filter expression is wrong, or does not suit the file's link type; `detail` holds libpcap's words.
        case badFilter
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
    /// Where in the file, in bytes from its start: the end of a file that is cut short, else the start of the damaged
    /// record; nil where it is not known.
    public let fileOffset: UInt64?
    /// More about it: the words of the system or of libpcap, a format's name; or empty.
    public let detail: String
    /// The filter expression, for `badFilter`.
    public let filter: String?

    init(
        _ kind: Kind, name: String, packetNumber: UInt64? = nil, fileOffset: UInt64? = nil, detail: String = "",
        filter: String? = nil
    ) {
        self.kind = kind
        self.name = name
        self.packetNumber = packetNumber
        self.fileOffset = fileOffset
        self.detail = detail
        self.filter = filter
    }
}

extension CaptureError: CustomStringConvertible {
    /// One line that names the file and the place, safe to print on a terminal; the program's name is not in it.
    public var description: String {
        let file = name == "-" ? "standard input" : printable(name)
        let place = packetNumber.map { "packet \($0)" } ?? "the file header"
        let position = fileOffset.map { ", at byte \($0)" } ?? ""
        return switch kind {
        case .cannotOpen: "\(file): cannot be opened: \(printable(detail))"
        case .cannotRead: "\(file): reading failed in \(place)\(position): \(printable(detail))"
        case .isDirectory: "\(file): is a directory"
        case .empty: "\(file): is empty"
        case .notCapture: "\(file): is not a capture file"
        case .compressed: "\(file): is compressed with \(detail): not supported yet"
        case .cutShort: "\(file): cut short inside \(place)\(position)"
        case .damaged: "\(file): damaged in \(place)\(position): \(printable(detail))"
        case .badFilter: "\(file): bad filter \"\(printable(filter ?? ""))\": \(printable(detail))"
        case .repeatedStandardInput: "\(file): can be read only once"
        }
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
