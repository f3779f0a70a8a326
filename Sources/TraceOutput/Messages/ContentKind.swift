/// The type of a payload, recognised by its bytes.
enum ContentKind: String {
    case json, txt, bin
    case png, jpg, gif, webp, avif, bmp, tiff
    case mp3, mp4, ogg, wav, webm, flac
    case gz, zip, zst, bz2, xz, pdf, wasm

    /// The extension of a file with such content.
    var fileExtension: String { rawValue }

    /// File signatures: first bytes.
    private static var signatures: [(ContentKind, [UInt8])] {
        [
            (.png, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), (.jpg, [0xff, 0xd8, 0xff]),
            (.gif, Array("GIF87a".utf8)), (.gif, Array("GIF89a".utf8)), (.bmp, Array("BM".utf8)),
            (.tiff, [0x49, 0x49, 0x2a, 0x00]), (.tiff, [0x4d, 0x4d, 0x00, 0x2a]), (.gz, [0x1f, 0x8b, 0x08]),
            (.zip, [0x50, 0x4b, 0x03, 0x04]), (.zst, [0x28, 0xb5, 0x2f, 0xfd]), (.bz2, Array("BZh".utf8)),
            (.xz, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), (.pdf, Array("%PDF-".utf8)), (.wasm, [0, 0x61, 0x73, 0x6d]),
            (.ogg, Array("OggS".utf8)), (.webm, [0x1a, 0x45, 0xdf, 0xa3]), (.flac, Array("fLaC".utf8)),
            (.mp3, Array("ID3".utf8)),
        ]
    }

    /// Recognises the type of `bytes`.
    init(of bytes: Span<UInt8>) {
        if let (kind, _) = Self.signatures.first(where: { bytes.begins(with: $0.1) }), kind != .bmp || bytes.isBitmap {
            self = kind
        } else if bytes.begins(with: Array("RIFF".utf8)), bytes.count >= 12 {
            let form = (8..<12).map { bytes[$0] }
            self = form == Array("WEBP".utf8) ? .webp : form == Array("WAVE".utf8) ? .wav : .bin
        } else if bytes.count >= 12, (4..<8).map({ bytes[$0] }) == Array("ftyp".utf8) {
            self = (8..<12).map { bytes[$0] } == Array("avif".utf8) ? .avif : .mp4
        } else if bytes.isValidUTF8, !bytes.hasControls {
            self = bytes.isLikeJSON ? .json : .txt
        } else {
            self = .bin
        }
    }
}

extension Span<UInt8> {
    fileprivate func begins(with start: [UInt8]) -> Bool {
        count >= start.count && start.indices.allSatisfy { self[$0] == start[$0] }
    }

    /// Whether the header of a bitmap gives the right size.
    fileprivate var isBitmap: Bool {
        guard count >= 26 else { return false }
        let size = (2..<6).reversed().reduce(0) { $0 << 8 | Int(self[$1]) }
        return size == count
    }

    /// Whether there are control characters other than white space.
    fileprivate var hasControls: Bool {
        indices.contains { self[$0] < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].contains(self[$0]) }
    }

    /// Whether this is an object or array with matching brackets and quotes.
    fileprivate var isLikeJSON: Bool {
        var closing: [UInt8] = []
        var isString = false
        var isEscaped = false
        var isOver = false
        for index in indices {
            let byte = self[index]
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5c {
                    isEscaped = true
                } else if byte == 0x22 {
                    isString = false
                }
                continue
            }
            switch byte {
            case 0x20, 0x09, 0x0a, 0x0d: continue
            case 0x7b, 0x5b:
                guard !isOver, closing.count < 1000 else { return false }
                closing.append(byte + 2)
            case 0x7d, 0x5d:
                guard closing.popLast() == byte else { return false }
                isOver = closing.isEmpty
            case 0x22:
                guard !closing.isEmpty else { return false }
                isString = true
            default: guard !closing.isEmpty else { return false }
            }
        }
        return isOver && !isString
    }
}
