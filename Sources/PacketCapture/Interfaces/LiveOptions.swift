import CPcap

/// Which interface to capture from, and how.
public struct LiveOptions: Hashable, Sendable {
    /// The interface's name; "any" stands for all, on systems that have it.
    public var interface: String
    /// Whether to capture packets that are not addressed to this machine too.
    public var isPromiscuous = true
    /// Captured bytes per packet at most: 1 to ``maximumSnapLength``.
    public var snapLength = LiveOptions.maximumSnapLength
    /// The size in bytes of the kernel's buffer.
    public var bufferSize = LiveOptions.defaultBufferSize
    /// How long the kernel may hold packets to deliver several at once, in steps of a millisecond.
    public var delay = Duration.milliseconds(20)

    /// 262,144: longer than any network packet.
    public static let maximumSnapLength = PcapReader.maximumPacketLength
    /// 32 MiB: enough for seconds of a busy network while the reader is held up.
    public static let defaultBufferSize = 32 << 20

    /// Creates options with defaults.
    public init(interface: String) {
        self.interface = interface
    }
}

/// Why packets cannot be captured from an interface, or no longer.
public struct LiveError: Error, Hashable, Sendable {
    /// What went wrong, for callers that act on it.
    public enum Kind: Sendable {
        /// There is no such interface.
        case noInterface
        /// The user has no permission to capture.
        case noPermission
        /// The interface is not up.
        case notUp
        /// The interface could not be opened; `detail` has the message of libpcap or the system.
        case cannotOpen
        /// The filter expression is wrong or does not apply to the interface; `detail` has libpcap's message.
        case badFilter
        /// Capturing failed after it had started: the interface went down or was removed; `detail` has libpcap's
        /// message.
        case cannotRead
    }

    /// What went wrong.
    public let kind: Kind
    /// The interface's name; empty if the error concerns none.
    public let interface: String
    /// A message of the system or libpcap, or empty.
    public let detail: String
    /// The filter expression, for `badFilter`.
    public let filter: String?

    init(_ kind: Kind, _ interface: String, detail: String = "", filter: String? = nil) {
        self.kind = kind
        self.interface = interface
        self.detail = detail
        self.filter = filter
    }
}

extension LiveError: CustomStringConvertible {
    /// One line, not escaped.
    ///
    /// It quotes names and messages verbatim: escape it before printing it on a terminal.
    public var description: String {
        let more = detail.isEmpty ? "" : ": \(detail)"
        return switch kind {
        case .noInterface: "\(interface): no such interface"
        case .noPermission: "\(interface): no permission to capture\(more)"
        case .notUp: "\(interface): the interface is not up"
        case .cannotOpen:
            interface.isEmpty ? "interfaces cannot be listed\(more)" : "\(interface): cannot be opened\(more)"
        case .badFilter: "\(interface): bad filter \"\(filter ?? "")\"\(more)"
        case .cannotRead: "\(interface): capturing failed\(more)"
        }
    }
}

/// An interface that libpcap has opened; the owner must close the handle.
@safe
struct OpenedInterface {
    let handle: OpaquePointer
    /// libpcap's warning; nil if there is none.
    var warning: String?

    /// Opens an interface, without promiscuous mode if that is all the system refuses.
    static func open(_ options: LiveOptions) throws(LiveError) -> OpenedInterface {
        do throws(LiveError) {
            return try OpenedInterface(options, isPromiscuous: options.isPromiscuous)
        } catch {
            guard options.isPromiscuous, error.kind == .noPermission,
                var opened = try? OpenedInterface(options, isPromiscuous: false)
            else { throw error }
            opened.warning = "promiscuous mode is not permitted: only packets to and from this machine are captured"
            return opened
        }
    }

    private init(_ options: LiveOptions, isPromiscuous: Bool) throws(LiveError) {
        let interface = options.interface
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = unsafe pcap_create(interface, &message) else {
            throw LiveError(.cannotOpen, interface, detail: OpenedInterface.text(message))
        }
        let outcome = unsafe OpenedInterface.activate(handle, options, isPromiscuous: isPromiscuous)
        guard outcome >= 0 else {
            let error = unsafe OpenedInterface.error(outcome, handle, interface)
            unsafe pcap_close(handle)
            throw error
        }
        if interface == "any" {
            // Linux cooked 2 names each packet's interface; where it is not supported, version 1 is used.
            unsafe pcap_set_datalink(handle, DLT_LINUX_SLL2)
        }
        guard unsafe pcap_setnonblock(handle, 1, &message) == 0, unsafe pcap_get_selectable_fd(handle) >= 0 else {
            unsafe pcap_close(handle)
            throw LiveError(.cannotOpen, interface, detail: OpenedInterface.text(message))
        }
        unsafe self.handle = handle
        // "any" is never promiscuous, so its warning is not worth showing.
        let isWorthwhile = outcome != 0 && !(outcome == PCAP_WARNING_PROMISC_NOTSUP && interface == "any")
        warning = unsafe isWorthwhile ? OpenedInterface.message(outcome, handle) : nil
    }

    private static func activate(_ handle: OpaquePointer, _ options: LiveOptions, isPromiscuous: Bool) -> Int32 {
        unsafe pcap_set_snaplen(handle, Int32(clamping: options.snapLength))
        unsafe pcap_set_promisc(handle, isPromiscuous ? 1 : 0)
        // Not immediate mode, which reserves the whole snap length in the buffer for every packet (TPACKET_V2).
        unsafe pcap_set_timeout(handle, Int32(min(max(options.delay / .milliseconds(1), 0), 0x7fff_ffff)))
        unsafe pcap_set_buffer_size(handle, Int32(clamping: options.bufferSize))
        unsafe pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
        return unsafe pcap_activate(handle)
    }

    private static func error(_ outcome: Int32, _ handle: OpaquePointer, _ interface: String) -> LiveError {
        switch outcome {
        case PCAP_ERROR_NO_SUCH_DEVICE: LiveError(.noInterface, interface)
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED: LiveError(.noPermission, interface)
        case PCAP_ERROR_IFACE_NOT_UP: LiveError(.notUp, interface)
        default: unsafe LiveError(.cannotOpen, interface, detail: message(outcome, handle))
        }
    }

    private static func message(_ outcome: Int32, _ handle: OpaquePointer) -> String {
        let general = unsafe String(cString: pcap_statustostr(outcome))
        let special = unsafe String(cString: pcap_geterr(handle))
        return special.isEmpty ? general : special
    }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
