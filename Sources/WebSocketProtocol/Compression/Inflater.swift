import BasicContainers
internal import CISAL
import WireFormat

/// Inflates the messages of one direction (RFC 7692 7.2.2) through ISA-L.
///
/// ISA-L inflates into a buffer in its state, which is the window as well, and hands on from there. Here it is given no
/// room to hand on to, and bytes are taken out of the buffer: so it never moves the window, as it would for every
/// message, and what messages may refer back to is there, wherever input was cut and whatever ended before. What lies
/// before the buffer's beginning cannot be referred to: ISA-L refuses it.
@safe
struct Inflater: ~Copyable {
    /// How one step ended.
    enum Status {
        /// All input is taken, and what it inflates to is in the output.
        case inputTaken
        /// The output has no room left.
        case outputFull
        /// The data is not deflate data.
        case broken
    }

    private let state: UnsafeMutablePointer<inflate_state>
    /// Bytes of the state's buffer that the output has.
    private var handedOnCount = 0
    /// Whether a final block ended (RFC 7692 7.2.3.4) and no byte has come since.
    private var endedStream = false
    /// Bytes inflated since the last reset.
    private var inflatedCount = 0
    /// The most bytes that the state's buffer has held: it is filled from its beginning, and untouched behind them.
    private var touchedCount = 0
    private let windowLimit: Int

    /// How many bytes beside the window the buffer holds before they are dropped, unless one step inflates to more.
    private static let slack = 8 << 10

    /// What ISA-L takes in memory beside the window, in bytes: its tables.
    static let stateByteCount = Int(isal_table_byte_count)

    /// What ISA-L takes in memory, in bytes.
    var byteCount: Int { Inflater.stateByteCount &+ touchedCount }

    /// - Parameter windowBits: The negotiated 8 to 15.
    init(windowBits: Int) {
        // zlib takes 8 for 9 when it deflates, so a sender that negotiated 8 may use a window of 512 bytes.
        let bits = max(9, windowBits)
        windowLimit = 1 &<< bits
        // ISA-L initialises what it reads before it writes it; tables and buffer stay untouched pages until then.
        unsafe state = .allocate(capacity: 1)
        unsafe isal_inflate_init(state)
        unsafe state.pointee.hist_bits = UInt32(bits)
    }

    deinit {
        unsafe state.deallocate()
    }

    /// Whether as many bytes as the window takes were inflated since the last reset.
    var hasWholeWindow: Bool { inflatedCount >= windowLimit }

    /// Whether everything inflated so far ends at the end of a block.
    var isAtBlockEnd: Bool {
        if endedStream { return true }
        let block = unsafe state.pointee.block_state
        guard block == ISAL_BLOCK_NEW_HDR || block == ISAL_BLOCK_HDR else { return false }
        // Bits of the next block's header wait in either place.
        return unsafe state.pointee.read_in_length == 0 && state.pointee.tmp_in_size == 0
    }

    /// Whether a final block ended, so that the flush marker which ends a message must not follow.
    var isAtStreamEnd: Bool { endedStream }

    /// Forgets the window: the next message begins afresh.
    mutating func reset() {
        unsafe isal_inflate_reset(state)
        handedOnCount = 0
        inflatedCount = 0
        endedStream = false
    }

    /// Inflates from `input` into the free capacity of `output`.
    mutating func inflate(_ input: inout ByteCursor, into output: inout UniqueArray<UInt8>) -> Status {
        while true {
            handOn(to: &output)
            if handedOnCount < bufferedCount || output.freeCapacity == 0 { return .outputFull }
            if hasFinalBlockEnded {
                // Whole bytes behind it may have been read ahead.
                endedStream = unsafe input.isEmpty && state.pointee.read_in_length < 8
                if endedStream { return .inputTaken }
                continueBehindFinalBlock()
            } else if input.isEmpty, bufferedCount < Int(isal_inflated_limit) {
                // There was room, so it was input that was lacking.
                return .inputTaken
            }
            if bufferedCount >= windowLimit &+ Inflater.slack { dropAllButWindow() }
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
        touchedCount = max(touchedCount, bufferedCount)
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
