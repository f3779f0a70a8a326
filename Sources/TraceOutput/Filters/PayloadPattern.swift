import CPCRE2

/// A compiled regular expression (PCRE2) for payloads.
///
/// Invalid UTF-8 matches nothing, but does not stop the search.
///
/// A search that would take more than ``matchLimit`` steps does not match, and is counted in ``limitHits``. Compiled
/// patterns count few of their own steps, so those on longer payloads are counted by callouts, which PCRE2 makes at
/// each item of the pattern that it tries. Once ``patience`` searches have hit their limit, the steps of each further
/// one are bounded by the length of its payload.
@safe
struct PayloadPattern: ~Copyable {
    /// The most steps of one search.
    static let matchLimit: UInt32 = 1_000_000
    /// The deepest nesting of one search.
    static let depthLimit: UInt32 = 10_000
    /// The most KiB of memory of one search.
    static let heapLimit: UInt32 = 16_384

    /// The longest payload for which any pattern is fast.
    static let shortPayload = 512
    /// Steps for each byte of a longer payload, about a microsecond; fewer if the pattern is interpreted.
    static let (stepsPerByte, interpretedStepsPerByte) = (64, 8)
    /// Searches that may hit their limit before the others get less.
    static let patience = 64
    /// The steps for any payload after that.
    static let fewSteps = 1_000

    /// What one search has done.
    struct Work {
        /// Steps that are left.
        var steps = 0
        /// The position of the last step.
        var place = 0
    }

    private let code: OpaquePointer
    /// The pattern with callouts.
    private let countedCode: OpaquePointer
    private let work: UnsafeMutablePointer<Work>
    private let matchData: OpaquePointer
    private let context: OpaquePointer
    private let stack: OpaquePointer?
    /// Steps for each byte of a longer payload.
    private let perByte: Int
    /// The number of payloads that could not be searched within the limits.
    private(set) var limitHits: UInt64 = 0

    /// The steps of the last search of a longer payload.
    private(set) var stepsTaken = 0

    /// Compiles a pattern.
    init(_ pattern: String) throws(InvalidPattern) {
        var (number, offset) = (CInt(0), 0)
        let options = UInt32(PCRE2_UTF) | UInt32(PCRE2_MATCH_INVALID_UTF)
        let bytes = Array(pattern.utf8)
        let compiled = unsafe pcre2_compile_8(bytes, bytes.count, options, &number, &offset, nil)
        guard let code = unsafe compiled else {
            throw InvalidPattern(message: Self.message(number), offset: offset)
        }
        let counted = unsafe pcre2_compile_8(
            bytes, bytes.count, options | UInt32(PCRE2_AUTO_CALLOUT), &number, &offset, nil)
        guard let countedCode = unsafe counted else {
            unsafe pcre2_code_free_8(code)
            throw InvalidPattern(message: Self.message(number), offset: offset)
        }
        guard let matchData = unsafe pcre2_match_data_create_from_pattern_8(code, nil),
            let context = unsafe pcre2_match_context_create_8(nil)
        else {
            unsafe pcre2_code_free_8(code)
            unsafe pcre2_code_free_8(countedCode)
            throw InvalidPattern(message: "out of memory", offset: 0)
        }
        let work = UnsafeMutablePointer<Work>.allocate(capacity: 1)
        unsafe work.initialize(to: Work())
        unsafe pcre2_set_callout_8(context, countStep, work)
        unsafe pcre2_set_match_limit_8(context, Self.matchLimit)
        unsafe pcre2_set_depth_limit_8(context, Self.depthLimit)
        unsafe pcre2_set_heap_limit_8(context, Self.heapLimit)
        // If just-in-time compilation is unavailable, the pattern is interpreted: slower, with the same result.
        if unsafe pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE)) == 0 {
            unsafe stack = pcre2_jit_stack_create_8(32 << 10, 1 << 20, nil)
            unsafe pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack))
        } else {
            unsafe stack = nil
        }
        _ = unsafe pcre2_jit_compile_8(countedCode, UInt32(PCRE2_JIT_COMPLETE))
        // Also not compiled if the pattern says (*NO_JIT).
        var compiledSize = 0
        _ = unsafe pcre2_pattern_info_8(countedCode, UInt32(PCRE2_INFO_JITSIZE), &compiledSize)
        perByte = compiledSize > 0 ? Self.stepsPerByte : Self.interpretedStepsPerByte
        unsafe self.code = code
        unsafe self.countedCode = countedCode
        unsafe self.work = work
        unsafe self.matchData = matchData
        unsafe self.context = context
    }

    deinit {
        unsafe pcre2_jit_stack_free_8(stack)
        unsafe pcre2_match_context_free_8(context)
        unsafe pcre2_match_data_free_8(matchData)
        unsafe pcre2_code_free_8(code)
        unsafe pcre2_code_free_8(countedCode)
        unsafe work.deallocate()
    }

    /// Whether the pattern occurs in `payload`.
    mutating func matches(_ payload: Span<UInt8>) -> Bool {
        let isPatient = limitHits < Self.patience
        let isShort = isPatient && payload.count <= Self.shortPayload
        // A pattern's own callouts count too.
        let share =
            isShort
            ? Int.max : (isPatient ? Int(Self.matchLimit / 16) : Self.fewSteps) &+ payload.count &* perByte
        unsafe work.pointee = Work(steps: share)
        let result = unsafe payload.withUnsafeBufferPointer { bytes in
            unsafe pcre2_match_8(isShort ? code : countedCode, bytes.baseAddress, bytes.count, 0, 0, matchData, context)
        }
        stepsTaken = unsafe share &- work.pointee.steps
        if result < 0, result != PCRE2_ERROR_NOMATCH { limitHits &+= 1 }
        return result >= 0
    }

    /// PCRE2's message for an error number.
    private static func message(_ number: CInt) -> String {
        var text = [UInt8](repeating: 0, count: 256)
        let length = unsafe pcre2_get_error_message_8(number, &text, text.count)
        return length > 0 ? String(decoding: text.prefix(Int(length)), as: UTF8.self) : "error \(number)"
    }
}

/// Counts a step of a search, and ends the search if there were too many.
///
/// The distance between two positions counts too: items such as `.*` skip it without a callout, 16 bytes in about the
/// time of one step.
private func countStep(_ block: UnsafeMutablePointer<pcre2_callout_block_8>?, _ data: UnsafeMutableRawPointer?) -> CInt
{
    guard let work = unsafe data?.assumingMemoryBound(to: PayloadPattern.Work.self), let block = unsafe block else {
        return 0
    }
    let place = unsafe Int(block.pointee.current_position)
    unsafe work.pointee.steps &-= 1 &+ abs(place &- work.pointee.place) / 16
    unsafe work.pointee.place = place
    return unsafe work.pointee.steps < 0 ? CInt(PCRE2_ERROR_CALLOUT) : 0
}

/// A pattern that PCRE2 rejects.
package struct InvalidPattern: Error, Hashable, Sendable {
    /// PCRE2's message.
    package let message: String
    /// The offset of the error in the pattern, in bytes.
    package let offset: Int
}
