import BasicContainers
internal import CISAL
import WireFormat

/// Inflates one message with ISA-L.
///
/// ISA-L inflates into a buffer in its state, which is also the window, and copies from there to the output. Here it
/// gets no output, and bytes are taken from the buffer: so everything that the message may refer to is there, wherever
/// the input was cut and whichever blocks were final. ISA-L refuses references to anything before the buffer.
@safe
struct ISALInflater: ~Copyable {
    private let state: UnsafeMutablePointer<inflate_state>
    /// Bytes of the state's buffer that were copied to the output, or were there at the start.
    private var copiedCount: Int
    /// Bytes inflated so far.
    private var inflatedCount = 0
    private let windowLimit: Int
    /// Whether a final block ended (RFC 7692 7.2.3.4) and no byte has followed it.
    private(set) var hasEnded = false

    /// Begins a message with the window (of 9 to 15 bits) that earlier messages left.
    init(windowBits: Int, after zlib: borrowing ZlibInflater) {
        windowLimit = 1 &<< windowBits
        // Tables and buffer stay uninitialized: ISA-L reads only bytes that it has written.
        unsafe state = .allocate(capacity: 1)
        unsafe isal_inflate_init(state)
        unsafe state.pointee.hist_bits = UInt32(windowBits)
        copiedCount = unsafe zlib.copyWindow(to: isal_inflated(state))
        unsafe state.pointee.tmp_out_valid = Int32(copiedCount)
    }

    deinit {
        unsafe state.deallocate()
    }

    /// Whether the data inflated so far ends at the end of a block.
    var isAtBlockEnd: Bool {
        if hasEnded { return true }
        let block = unsafe state.pointee.block_state
        guard block == ISAL_BLOCK_NEW_HDR || block == ISAL_BLOCK_HDR else { return false }
        // Bits of the next block's header may wait in either place.
        return unsafe state.pointee.read_in_length == 0 && state.pointee.tmp_in_size == 0
    }

    /// Adds the inflated bytes to the window of later messages.
    func handBack(to zlib: inout ZlibInflater) {
        let count = min(inflatedCount, windowLimit)
        unsafe zlib.addToWindow(UnsafeBufferPointer(start: buffered + (bufferedCount &- count), count: count))
    }

    /// Inflates from `input` into the free capacity of `output`.
    mutating func inflate(_ input: inout ByteCursor, into output: inout UniqueArray<UInt8>) -> Inflater.Status {
        while true {
            copyOut(to: &output)
            if copiedCount < bufferedCount || output.freeCapacity == 0 { return .outputFull }
            if hasFinalBlockEnded {
                // Whole bytes after it may already be in the bit buffer.
                hasEnded = unsafe input.isEmpty && state.pointee.read_in_length < 8
                if hasEnded { return .inputTaken }
                continueAfterFinalBlock()
            } else if input.isEmpty, bufferedCount < Int(isal_inflated_limit) {
                // There was room, so input ran out.
                return .inputTaken
            }
            if bufferedCount >= Int(isal_inflated_limit) { dropAllButWindow() }
            guard step(&input) else { return .broken }
        }
    }

    private var buffered: UnsafeMutablePointer<UInt8> { unsafe isal_inflated(state) }

    /// Bytes in the state's buffer.
    private var bufferedCount: Int { unsafe Int(state.pointee.tmp_out_valid) }

    private var hasFinalBlockEnded: Bool {
        let block = unsafe state.pointee.block_state
        return block == ISAL_BLOCK_INPUT_DONE || block == ISAL_BLOCK_FINISH
    }

    private mutating func copyOut(to output: inout UniqueArray<UInt8>) {
        let count = min(bufferedCount &- copiedCount, output.freeCapacity)
        guard count > 0 else { return }
        unsafe output.append(copying: UnsafeBufferPointer(start: buffered + copiedCount, count: count))
        copiedCount &+= count
    }

    /// Inflates into the state's buffer until the buffer is full, the input is taken or a final block ends; false if
    /// the data is not deflate data.
    private mutating func step(_ input: inout ByteCursor) -> Bool {
        let before = bufferedCount
        var result = ISAL_DECOMP_OK
        let rest = input.rest
        let taken = unsafe rest.withUnsafeBufferPointer { source in
            let available = min(source.count, Int(UInt32.max))
            unsafe state.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            unsafe state.pointee.avail_in = UInt32(available)
            unsafe state.pointee.next_out = buffered
            unsafe state.pointee.avail_out = 0
            result = unsafe isal_inflate(state)
            return unsafe available &- Int(state.pointee.avail_in)
        }
        // On broken data, ISA-L may give back more bytes than it was given.
        input.skip(max(0, taken))
        inflatedCount &+= bufferedCount &- before
        return result >= ISAL_DECOMP_OK
    }

    /// Takes the literals whose codes are in the bits left at the end of the data.
    ///
    /// ISA-L decodes up to three symbols at once, and leaves all of them if bits of the last one are missing.
    mutating func takeLastLiterals(into output: inout UniqueArray<UInt8>) {
        guard unsafe state.pointee.block_state == ISAL_BLOCK_CODED else { return }
        var bits = unsafe state.pointee.read_in
        var count = unsafe Int(state.pointee.read_in_length)
        while count > 0, let (literal, length) = literal(of: UInt32(truncatingIfNeeded: bits), count) {
            if bufferedCount >= Int(isal_inflated_limit) {
                copyOut(to: &output)
                dropAllButWindow()
            }
            unsafe buffered[bufferedCount] = literal
            unsafe state.pointee.tmp_out_valid += 1
            inflatedCount &+= 1
            bits >>= UInt64(length)
            count &-= length
        }
        copyOut(to: &output)
    }

    /// The literal at the start of the first `count` bits, and the length of its code; nil if there is none.
    private func literal(of bits: UInt32, _ count: Int) -> (UInt8, length: Int)? {
        for length in 1...min(count, Int(isal_lookup_bits)) {
            // A symbol stays the same whatever bits follow its code.
            let begun = bits & (1 &<< UInt32(length) &- 1)
            let first = unsafe isal_literal(state, begun)
            guard first >= 0 else { continue }
            let others = stride(from: begun, to: 1 &<< UInt32(isal_lookup_bits), by: 1 &<< length)
            if others.allSatisfy({ unsafe isal_literal(state, $0) == first }) { return (UInt8(first), length) }
        }
        return nil
    }

    private mutating func dropAllButWindow() {
        unsafe buffered.update(from: buffered + (bufferedCount &- windowLimit), count: windowLimit)
        unsafe state.pointee.tmp_out_valid = Int32(windowLimit)
        copiedCount = windowLimit
    }

    /// RFC 7692 7.2.3.4: blocks may follow a final one, and may refer to bytes before it.
    private func continueAfterFinalBlock() {
        unsafe state.pointee.block_state = ISAL_BLOCK_NEW_HDR
        // The next block begins at a byte boundary; bytes read ahead belong to it.
        let padding = unsafe state.pointee.read_in_length % 8
        unsafe state.pointee.read_in >>= UInt64(padding)
        unsafe state.pointee.read_in_length -= padding
    }
}
