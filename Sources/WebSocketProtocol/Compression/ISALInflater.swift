import BasicContainers
internal import CISAL
import WireFormat

/// Inflates one message through ISA-L.
///
/// ISA-L inflates into a buffer in its state, which is the window as well, and hands on from there. Here it is given no
/// room to hand on to, and bytes are taken out of the buffer: so what the message may refer back to is all there,
/// wherever input was cut and whichever block was a final one. What lies before the buffer's beginning cannot be referred
/// to: ISA-L refuses it.
@safe
struct ISALInflater: ~Copyable {
    private let state: UnsafeMutablePointer<inflate_state>
    /// Bytes of the state's buffer that the output has, or that were there at the beginning.
    private var handedOnCount: Int
    /// Bytes inflated so far.
    private var inflatedCount = 0
    private let windowLimit: Int
    /// Whether a final block ended (RFC 7692 7.2.3.4) and no byte has come since.
    private(set) var hasEnded = false

    /// Begins a message with the window of 9 to 15 bits that the messages before it left.
    init(windowBits: Int, behind zlib: borrowing ZlibInflater) {
        windowLimit = 1 &<< windowBits
        // Tables and buffer stay as they are: ISA-L reads nothing of them that it has not written.
        unsafe state = .allocate(capacity: 1)
        unsafe isal_inflate_init(state)
        unsafe state.pointee.hist_bits = UInt32(windowBits)
        handedOnCount = unsafe zlib.copyWindow(to: isal_inflated(state))
        unsafe state.pointee.tmp_out_valid = Int32(handedOnCount)
    }

    deinit {
        unsafe state.deallocate()
    }

    /// Whether everything inflated so far ends at the end of a block.
    var isAtBlockEnd: Bool {
        if hasEnded { return true }
        let block = unsafe state.pointee.block_state
        guard block == ISAL_BLOCK_NEW_HDR || block == ISAL_BLOCK_HDR else { return false }
        // Bits of the next block's header wait in either place.
        return unsafe state.pointee.read_in_length == 0 && state.pointee.tmp_in_size == 0
    }

    /// Adds what was inflated to the window of the messages to come.
    func handBack(to zlib: inout ZlibInflater) {
        let count = min(inflatedCount, windowLimit)
        unsafe zlib.addToWindow(UnsafeBufferPointer(start: buffered + (bufferedCount &- count), count: count))
    }

    /// Inflates from `input` into the free capacity of `output`.
    mutating func inflate(_ input: inout ByteCursor, into output: inout UniqueArray<UInt8>) -> Inflater.Status {
        while true {
            handOn(to: &output)
            if handedOnCount < bufferedCount || output.freeCapacity == 0 { return .outputFull }
            if hasFinalBlockEnded {
                // Whole bytes behind it may have been read ahead.
                hasEnded = unsafe input.isEmpty && state.pointee.read_in_length < 8
                if hasEnded { return .inputTaken }
                continueBehindFinalBlock()
            } else if input.isEmpty, bufferedCount < Int(isal_inflated_limit) {
                // There was room, so it was input that was lacking.
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

    private mutating func handOn(to output: inout UniqueArray<UInt8>) {
        let count = min(bufferedCount &- handedOnCount, output.freeCapacity)
        guard count > 0 else { return }
        unsafe output.append(copying: UnsafeBufferPointer(start: buffered + handedOnCount, count: count))
        handedOnCount &+= count
    }

    /// Inflates into the state's buffer until that is full, the input taken or a final block at its end; tells whether
    /// it is deflate data.
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
        input.skip(taken)
        inflatedCount &+= bufferedCount &- before
        return result >= ISAL_DECOMP_OK
    }

    private mutating func dropAllButWindow() {
        unsafe buffered.update(from: buffered + (bufferedCount &- windowLimit), count: windowLimit)
        unsafe state.pointee.tmp_out_valid = Int32(windowLimit)
        handedOnCount = windowLimit
    }

    /// RFC 7692 7.2.3.4: blocks may follow a final one, and they may refer back to what came before it.
    private func continueBehindFinalBlock() {
        unsafe state.pointee.block_state = ISAL_BLOCK_NEW_HDR
        // The next block begins with a byte. Those that were read ahead are its first ones.
        let padding = unsafe state.pointee.read_in_length % 8
        unsafe state.pointee.read_in >>= UInt64(padding)
        unsafe state.pointee.read_in_length -= padding
    }
}
