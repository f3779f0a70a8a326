import FuzzTargets

/// Called by libFuzzer with each input; the bytes are libFuzzer's, and valid only during the call.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.memory.runOrTrap([UInt8](UnsafeBufferPointer(start: start, count: count)))
    return 0
}
