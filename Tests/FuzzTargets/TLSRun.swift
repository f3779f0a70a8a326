import CCrypto
import TLSDecryption
import WireFormat

/// Reads a TLS connection whose keys are known.
///
/// Input: a byte of settings (bit 0: the hellos of RFC 8448 come first; 1: the connection began before the capture; 2:
/// secrets may come later), then items: a byte with its kind (the two low bits) and its direction (the top bit), a
/// length in two bytes, and this many bytes. Kinds: 0 is plain bytes; 1 is a TLS 1.3 record that is sealed here, whose
/// last byte is its type; 2 is a loss of as many bytes as its first byte says; 3 is a key log.
struct TLSRun {
    private enum Item {
        case bytes([UInt8], Direction)
        case record([UInt8], Direction)
        case loss(Int, Direction)
        case keyLog([UInt8])
    }

    /// The result of an input.
    private struct Outcome: Equatable {
        var plaintext: [[UInt8]] = [[], []]
        var others: [[TLSOutput.Piece.Content]] = [[], []]
    }

    private let settings: UInt8
    private var items: [Item] = []

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        settings = input.byte()
        while input.count > 0, items.count < 256 {
            let kind = input.byte()
            let bytes = input.take(Int(input.short() & 0x3fff))
            let direction: Direction = kind & 0x80 == 0 ? .fromInitiator : .fromResponder
            switch kind & 3 {
            case 0: items.append(.bytes(bytes, direction))
            case 1: items.append(.record(bytes.isEmpty ? [23] : bytes, direction))
            case 2: items.append(.loss(Int(bytes.first ?? 1), direction))
            default: items.append(.keyLog(bytes))
            }
        }
    }

    func check() throws(Disagreement) {
        let whole = try outcome(.whole)
        let fast = try outcome(.whole, usesFastPath: true)
        guard fast == whole else { throw Disagreement(words: "fast: \(fast), not fast: \(whole)") }
        // If there are bytes outside records, or losses, results depend on where pieces begin.
        let isPlain = items.allSatisfy { if case .record = $0 { true } else { false } }
        guard isPlain, settings & 0b111 == 1 else { return }
        for cutting in [Cutting.byteByByte, .random] {
            let other = try outcome(cutting)
            guard other == whole else { throw Disagreement(words: "cut \(cutting): \(other), whole: \(whole)") }
        }
    }

    private func outcome(_ cutting: Cutting, usesFastPath: Bool = false) throws(Disagreement) -> Outcome {
        let store = SecretStore(mayGrow: settings & 4 != 0)
        store.add(Array(Self.keyLog.utf8))
        var reader = TLSReader(bench: CipherBench(secrets: store), beginsMidstream: settings & 2 != 0)
        var outcome = Outcome()
        var (offsets, sequences): ([UInt64], [UInt64]) = ([0, 0], [0, 0])
        var packet: UInt64 = 0
        var fed = 0
        func place(_ direction: Direction, _ count: Int) -> RecordPlace {
            packet += 1
            defer { offsets[direction.index] += UInt64(count) }
            let start = offsets[direction.index]
            return RecordPlace(
                direction: direction,
                origin: Origin(packet: packet, time: Timestamp(nanoseconds: Int64(packet) * 1_000_000)),
                carrier: start..<(start + UInt64(count)))
        }
        func take(_ output: TLSOutput) throws(Disagreement) {
            for piece in output.pieces {
                let index = piece.place.direction.index
                guard case .plaintext(let range) = piece.content else {
                    outcome.others[index].append(piece.content)
                    continue
                }
                guard output.bytes.indices.contains(range.lowerBound), range.upperBound <= output.bytes.count else {
                    throw Disagreement(words: "plaintext \(range) of \(output.bytes.count) bytes")
                }
                outcome.plaintext[index] += output.bytes[range]
            }
            guard reader.cost <= 4 << 20 else { throw Disagreement(words: "keeps \(reader.cost) bytes") }
        }
        func feed(_ bytes: [UInt8], _ direction: Direction) throws(Disagreement) {
            fed += bytes.count
            for piece in cutting.pieces(of: bytes) {
                var done = 0
                var room = [UInt8](repeating: 0, count: usesFastPath ? RecordHeader.longest : 0)
                while usesFastPath {
                    var span = room.mutableSpan
                    guard
                        let record = reader.openFirst(of: piece.span.extracting(done...), from: direction, into: &span)
                    else { break }
                    outcome.plaintext[direction.index] += room[..<record.count]
                    done += record.size
                }
                offsets[direction.index] += UInt64(done)
                var output = TLSOutput()
                let rest = Array(piece[done...])
                reader.receive(rest.span, at: place(direction, rest.count), into: &output)
                try take(output)
            }
        }
        if settings & 1 != 0 {
            try feed(Self.clientHello, .fromInitiator)
            try feed(Self.serverHello, .fromResponder)
        }
        for item in items {
            switch item {
            case .bytes(let bytes, let direction): try feed(bytes, direction)
            case .record(let bytes, let direction):
                try feed(Self.seal(bytes, direction, sequences[direction.index]), direction)
                sequences[direction.index] += 1
            case .loss(let count, let direction):
                var output = TLSOutput()
                reader.skip(count == 0 ? nil : UInt64(count), at: place(direction, count), into: &output)
                try take(output)
            case .keyLog(let text): store.add(text, from: packet)
            }
        }
        var output = TLSOutput()
        reader.finish(into: &output)
        try take(output)
        guard outcome.plaintext[0].count + outcome.plaintext[1].count <= fed else {
            throw Disagreement(words: "more plaintext than \(fed) bytes")
        }
        return outcome
    }

    // MARK: Records

    /// Seals a record with this content, type included, under the application secret of its direction.
    private static func seal(_ content: [UInt8], _ direction: Direction, _ sequence: UInt64) -> [UInt8] {
        guard let cipher = CipherSuite.aes128GCM.cipher else { return [] }
        let secret = direction == .fromInitiator ? clientSecret : serverSecret
        let keys = TrafficSecret(KeyBytes(bytes(of: secret)), .sha256).keys(cipher)
        let length = content.count + 16
        let header: [UInt8] = [23, 3, 3, UInt8(length >> 8), UInt8(length & 0xff)]
        let nonce = Array(
            (Block(keys.initializationVector.span).bits ^ UInt128(sequence) << 32).bigEndianBytes.prefix(12))
        let key = (0..<keys.key.count).map { keys.key.span[$0] }
        var sealed = [UInt8](repeating: 0, count: length)
        guard let context = EVP_CIPHER_CTX_new() else { return [] }
        defer { EVP_CIPHER_CTX_free(context) }
        var done: Int32 = 0
        EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nil, key, nonce)
        EVP_EncryptUpdate(context, nil, &done, header, 5)
        EVP_EncryptUpdate(context, &sealed, &done, content, Int32(content.count))
        var tag = [UInt8](repeating: 0, count: 16)
        var none: UInt8 = 0
        EVP_EncryptFinal_ex(context, &none, &done)
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag)
        return header + sealed.prefix(content.count) + tag
    }

    private static let clientSecret = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"
    private static let serverSecret = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"

    private static var keyLog: String {
        let random = "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7"
        return "CLIENT_TRAFFIC_SECRET_0 \(random) \(clientSecret)\nSERVER_TRAFFIC_SECRET_0 \(random) \(serverSecret)\n"
    }

    /// From RFC 8448 3, with `server_name` as its only extension.
    private static let clientHello = bytes(
        of: "160301004001" + "00003c0303" + "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7"
            + "000006130113031302" + "0100" + "000d" + "0000000900070000" + "04686f7374")

    private static let serverHello = bytes(
        of: "160303003202" + "00002e0303" + "a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928"
            + "00130100" + "0006" + "002b00020304")

    private static func bytes(of digits: String) -> [UInt8] {
        let values = digits.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue.map { UInt8($0) } }
        return stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}

extension UInt128 {
    fileprivate var bigEndianBytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: self >> UInt128(120 - 8 * $0)) }
    }
}
