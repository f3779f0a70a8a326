import CPcap

/// What to capture from an interface, and how.
public struct LiveOptions: Hashable, Sendable {
    /// The interface's name; "any" is all of them, where the system has that.
    public var interface: String
    /// Whether packets that are not for this machine are wanted as well.
    public var isPromiscuous = true
    /// Bytes captured of each packet at most: 1 to ``maximumSnapLength``.
    public var snapLength = LiveOptions.maximumSnapLength
    /// Bytes of the kernel's buffer between the interface and its reader.
    public var bufferSize = LiveOptions.defaultBufferSize
    /// Milliseconds that the kernel may hold packets back to hand on several at once.
    public var delay = 20

    /// More than any packet of a network has.
    public static let maximumSnapLength = PcapHeader.maximumPacketLength
    /// 32 MiB: seconds of a busy network, should the reader be held up.
    public static let defaultBufferSize = 32 << 20

    /// Makes options with the defaults.
    public init(interface: String) {
        self.interface = interface
    }
}

/// Why an interface cannot be captured from, or not any longer.
public struct LiveError: Error, Hashable, Sendable {
    /// What went wrong, for a caller that decides what to do about it.
    public enum Kind: Sendable {
        /// There is no such interface.
        case noInterface
        /// The system does not let this user capture.
        case noPermission
        /// The interface is not up.
        case notUp
        /// The system or libpcap did not open it; `detail` holds their words.
        case cannotOpen
        /// The filter expression is wrong, or does not suit the interface; `detail` holds libpcap's words.
        case badFilter
        /// Reading failed in the middle: the interface went down, or away; `detail` holds libpcap's words.
        case cannotRead
    }

    /// What went wrong.
    public let kind: Kind
    /// The interface's name; empty where none is concerned.
    public let interface: String
    /// More about it: words of the system or of libpcap; or empty.
    public let detail: String

    init(_ kind: Kind, _ interface: String, detail: String = "") {
        self.kind = kind
        self.interface = interface
        self.detail = detail
    }
}

extension LiveError: CustomStringConvertible {
    /// One line; what it quotes is as it came, not yet safe to print on a terminal.
    public var description: String {
        let more = detail.isEmpty ? "" : ": \(detail)"
        return switch kind {
        case .noInterface: "\(interface): there is no such interface"
        case .noPermission: "\(interface): no permission to capture\(more)"
        case .notUp: "\(interface): the interface is not up"
        case .cannotOpen:
            interface.isEmpty ? "interfaces cannot be listed\(more)" : "\(interface): cannot be opened\(more)"
        case .badFilter: "\(interface): bad filter\(more)"
        case .cannotRead: "\(interface): capturing failed\(more)"
        }
    }
}

/// What opening an interface comes to; whoever takes the handle closes it.
@safe
struct Opening {
    let handle: OpaquePointer
    /// What libpcap had to say beside that all is well; nil where it had nothing.
    var warning: String?

    /// Opens an interface, without promiscuous mode where the system refuses only that.
    static func open(_ options: LiveOptions) throws(LiveError) -> Opening {
        do throws(LiveError) {
            return try Opening(options, isPromiscuous: options.isPromiscuous)
        } catch {
            guard options.isPromiscuous, error.kind == .noPermission,
                var opening = try? Opening(options, isPromiscuous: false)
            else { throw error }
            opening.warning = "promiscuous mode is not permitted: only packets from and to this machine are seen"
            return opening
        }
    }

    private init(_ options: LiveOptions, isPromiscuous: Bool) throws(LiveError) {
        let interface = options.interface
        var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = unsafe pcap_create(interface, &words) else {
            throw LiveError(.cannotOpen, interface, detail: Opening.text(words))
        }
        let outcome = unsafe Opening.activate(handle, options, isPromiscuous: isPromiscuous)
        guard outcome >= 0 else {
            let error = unsafe Opening.error(outcome, handle, interface)
            unsafe pcap_close(handle)
            throw error
        }
        if interface == "any" {
            // The second version tells which interface a packet came from; where it is not known, the first will do.
            unsafe pcap_set_datalink(handle, DLT_LINUX_SLL2)
        }
        guard unsafe pcap_setnonblock(handle, 1, &words) == 0, unsafe pcap_get_selectable_fd(handle) >= 0 else {
            unsafe pcap_close(handle)
            throw LiveError(.cannotOpen, interface, detail: Opening.text(words))
        }
        unsafe self.handle = handle
        // "any" cannot be promiscuous, which nobody need be told.
        let isWorthwhile = outcome != 0 && !(outcome == PCAP_WARNING_PROMISC_NOTSUP && interface == "any")
        warning = unsafe isWorthwhile ? Opening.words(outcome, handle) : nil
    }

    private static func activate(_ handle: OpaquePointer, _ options: LiveOptions, isPromiscuous: Bool) -> Int32 {
        unsafe pcap_set_snaplen(handle, Int32(clamping: options.snapLength))
        unsafe pcap_set_promisc(handle, isPromiscuous ? 1 : 0)
        // Immediate mode would give every packet a place of the snap length's size in the buffer (TPACKET_V2).
        unsafe pcap_set_timeout(handle, Int32(clamping: options.delay))
        unsafe pcap_set_buffer_size(handle, Int32(clamping: options.bufferSize))
        unsafe pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
        return unsafe pcap_activate(handle)
    }

    private static func error(_ outcome: Int32, _ handle: OpaquePointer, _ interface: String) -> LiveError {
        switch outcome {
        case PCAP_ERROR_NO_SUCH_DEVICE: LiveError(.noInterface, interface)
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED: LiveError(.noPermission, interface)
        case PCAP_ERROR_IFACE_NOT_UP: LiveError(.notUp, interface)
        default: unsafe LiveError(.cannotOpen, interface, detail: words(outcome, handle))
        }
    }

    private static func words(_ outcome: Int32, _ handle: OpaquePointer) -> String {
        let general = unsafe String(cString: pcap_statustostr(outcome))
        let special = unsafe String(cString: pcap_geterr(handle))
        return special.isEmpty ? general : special
    }

    private static func text(_ words: [CChar]) -> String {
        String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
