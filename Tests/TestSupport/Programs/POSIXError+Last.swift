import Foundation

extension POSIXError {
    /// What the system said to the call that failed last.
    static var last: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
