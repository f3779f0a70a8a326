/// The name of a member of a JSON object, with the comma before it and the colon after it: `,"packet":`.
///
/// All keys of the trace are declared here, once each; docs/trace.schema.json defines what they mean. They are computed
/// properties, so that the optimizer sees the text and copies it in a few instructions.
struct JSONKey {
    let text: StaticString

    @inline(__always)
    init(_ text: StaticString) {
        self.text = text
    }
}

/// Every line.
extension JSONKey {
    static var elapsed: JSONKey { JSONKey(#","elapsed":"#) }
    static var packet: JSONKey { JSONKey(#","packet":"#) }
    static var connection: JSONKey { JSONKey(#","connection":"#) }
    static var stream: JSONKey { JSONKey(#","stream":"#) }
}

/// `capture`.
extension JSONKey {
    static var format: JSONKey { JSONKey(#","format":"#) }
    static var version: JSONKey { JSONKey(#","version":"#) }
    static var sources: JSONKey { JSONKey(#","sources":"#) }
    static var start: JSONKey { JSONKey(#","start":"#) }
}

/// `connection`.
extension JSONKey {
    static var client: JSONKey { JSONKey(#","client":"#) }
    static var server: JSONKey { JSONKey(#","server":"#) }
    static var ip: JSONKey { JSONKey(#","ip":"#) }
    static var port: JSONKey { JSONKey(#","port":"#) }
    static var communityID: JSONKey { JSONKey(#","community_id":"#) }
    static var sessionID: JSONKey { JSONKey(#","session_id":"#) }
    static var opened: JSONKey { JSONKey(#","opened":"#) }
    static var linkType: JSONKey { JSONKey(#","link_type":"#) }
    static var interface: JSONKey { JSONKey(#","interface":"#) }
    static var tcp: JSONKey { JSONKey(#","tcp":"#) }
    static var synPacket: JSONKey { JSONKey(#","syn_packet":"#) }
    static var synAckPacket: JSONKey { JSONKey(#","syn_ack_packet":"#) }
    static var ackPacket: JSONKey { JSONKey(#","ack_packet":"#) }
    static var connectTime: JSONKey { JSONKey(#","connect_time":"#) }
    static var alert: JSONKey { JSONKey(#","alert":"#) }
    static var alertCode: JSONKey { JSONKey(#","alert_code":"#) }
    static var alertFrom: JSONKey { JSONKey(#","alert_from":"#) }
    static var clientCloseNotify: JSONKey { JSONKey(#","client_close_notify":"#) }
    static var fatal: JSONKey { JSONKey(#","fatal":"#) }
    static var serverCloseNotify: JSONKey { JSONKey(#","server_close_notify":"#) }
    static var encryptedConnections: JSONKey { JSONKey(#","encrypted_connections":"#) }
    static var total: JSONKey { JSONKey(#","total":"#) }
    static var noKeyLog: JSONKey { JSONKey(#","no_key_log":"#) }
    static var noSecret: JSONKey { JSONKey(#","no_secret":"#) }
    static var wrongSecret: JSONKey { JSONKey(#","wrong_secret":"#) }
    static var unsupported: JSONKey { JSONKey(#","unsupported":"#) }
    static var noHandshake: JSONKey { JSONKey(#","no_handshake":"#) }
    static var incomplete: JSONKey { JSONKey(#","incomplete":"#) }
    static var encryptedHellos: JSONKey { JSONKey(#","encrypted_client_hellos":"#) }
    static var alpn: JSONKey { JSONKey(#","alpn":"#) }
    static var cipherSuite: JSONKey { JSONKey(#","cipher_suite":"#) }
    static var decrypted: JSONKey { JSONKey(#","decrypted":"#) }
    static var proxied: JSONKey { JSONKey(#","proxied":"#) }
    static var encrypted: JSONKey { JSONKey(#","encrypted":"#) }
    static var resumed: JSONKey { JSONKey(#","resumed":"#) }
    static var serverName: JSONKey { JSONKey(#","server_name":"#) }
}

/// `handshake`.
extension JSONKey {
    static var accepted: JSONKey { JSONKey(#","accepted":"#) }
    static var status: JSONKey { JSONKey(#","status":"#) }
    static var answerMissing: JSONKey { JSONKey(#","answer_missing":"#) }
    static var url: JSONKey { JSONKey(#","url":"#) }
    static var method: JSONKey { JSONKey(#","method":"#) }
    static var httpVersion: JSONKey { JSONKey(#","http_version":"#) }
    static var responseHTTPVersion: JSONKey { JSONKey(#","response_http_version":"#) }
    static var requestHeaders: JSONKey { JSONKey(#","request_headers":"#) }
    static var responseHeaders: JSONKey { JSONKey(#","response_headers":"#) }
    static var subprotocol: JSONKey { JSONKey(#","subprotocol":"#) }
    static var extensionsOffered: JSONKey { JSONKey(#","extensions_offered":"#) }
    static var extensions: JSONKey { JSONKey(#","extensions":"#) }
    static var name: JSONKey { JSONKey(#","name":"#) }
    static var parameters: JSONKey { JSONKey(#","parameters":"#) }
    static var acceptValid: JSONKey { JSONKey(#","accept_valid":"#) }
    static var requestPacket: JSONKey { JSONKey(#","request_packet":"#) }
    static var responsePacket: JSONKey { JSONKey(#","response_packet":"#) }
    static var responseTime: JSONKey { JSONKey(#","response_time":"#) }
}

/// `frame`, `message` and members about a position in a stream.
extension JSONKey {
    static var from: JSONKey { JSONKey(#","from":"#) }
    static var streamOffset: JSONKey { JSONKey(#","stream_offset":"#) }
    static var index: JSONKey { JSONKey(#","index":"#) }
    static var messageIndex: JSONKey { JSONKey(#","message_index":"#) }
    static var fin: JSONKey { JSONKey(#","fin":"#) }
    static var rsv1: JSONKey { JSONKey(#","rsv1":"#) }
    static var rsv2: JSONKey { JSONKey(#","rsv2":"#) }
    static var rsv3: JSONKey { JSONKey(#","rsv3":"#) }
    static var opcode: JSONKey { JSONKey(#","opcode":"#) }
    static var opcodeValue: JSONKey { JSONKey(#","opcode_value":"#) }
    static var masked: JSONKey { JSONKey(#","masked":"#) }
    static var maskingKey: JSONKey { JSONKey(#","masking_key":"#) }
    static var length: JSONKey { JSONKey(#","length":"#) }
    static var firstPacket: JSONKey { JSONKey(#","first_packet":"#) }
    static var missing: JSONKey { JSONKey(#","missing":"#) }
    static var payload: JSONKey { JSONKey(#","payload":"#) }
    static var payloadBase64: JSONKey { JSONKey(#","payload_base64":"#) }
    static var payloadTruncated: JSONKey { JSONKey(#","payload_truncated":"#) }
    static var payloadWithheld: JSONKey { JSONKey(#","payload_withheld":"#) }
    static var close: JSONKey { JSONKey(#","close":"#) }
    static var code: JSONKey { JSONKey(#","code":"#) }
    static var reason: JSONKey { JSONKey(#","reason":"#) }
    static var answersPacket: JSONKey { JSONKey(#","answers_packet":"#) }
    static var roundTrip: JSONKey { JSONKey(#","round_trip":"#) }
    static var complete: JSONKey { JSONKey(#","complete":"#) }
    static var frames: JSONKey { JSONKey(#","frames":"#) }
    static var compressed: JSONKey { JSONKey(#","compressed":"#) }
    static var wireLength: JSONKey { JSONKey(#","wire_length":"#) }
    static var gapPacket: JSONKey { JSONKey(#","gap_packet":"#) }
    static var confidence: JSONKey { JSONKey(#","confidence":"#) }
    static var skipped: JSONKey { JSONKey(#","skipped":"#) }
}

/// `delivery`.
extension JSONKey {
    static var messagePacket: JSONKey { JSONKey(#","message_packet":"#) }
    static var lastBytePacket: JSONKey { JSONKey(#","last_byte_packet":"#) }
    static var outcome: JSONKey { JSONKey(#","outcome":"#) }
    static var acknowledgedPacket: JSONKey { JSONKey(#","acknowledged_packet":"#) }
    static var acknowledgedAfter: JSONKey { JSONKey(#","acknowledged_after":"#) }
    static var retransmissions: JSONKey { JSONKey(#","retransmissions":"#) }
}

/// `finding`.
extension JSONKey {
    static var rule: JSONKey { JSONKey(#","rule":"#) }
    static var severity: JSONKey { JSONKey(#","severity":"#) }
    static var reference: JSONKey { JSONKey(#","reference":"#) }
    static var text: JSONKey { JSONKey(#","text":"#) }
}

/// `end`.
extension JSONKey {
    static var verdict: JSONKey { JSONKey(#","verdict":"#) }
    static var by: JSONKey { JSONKey(#","by":"#) }
    static var layer: JSONKey { JSONKey(#","layer":"#) }
    static var clean: JSONKey { JSONKey(#","clean":"#) }
    static var clientSees: JSONKey { JSONKey(#","client_sees":"#) }
    static var serverSees: JSONKey { JSONKey(#","server_sees":"#) }
    static var silence: JSONKey { JSONKey(#","silence":"#) }
    static var messageSilence: JSONKey { JSONKey(#","message_silence":"#) }
    static var originPacket: JSONKey { JSONKey(#","origin_packet":"#) }
    static var originTime: JSONKey { JSONKey(#","origin_time":"#) }
    static var unansweredPings: JSONKey { JSONKey(#","unanswered_pings":"#) }
    static var uncertainPings: JSONKey { JSONKey(#","uncertain_pings":"#) }
    static var failedBy: JSONKey { JSONKey(#","failed_by":"#) }
    static var failedOver: JSONKey { JSONKey(#","failed_over":"#) }
    static var closeEvents: JSONKey { JSONKey(#","close_events":"#) }
    static var wasClean: JSONKey { JSONKey(#","was_clean":"#) }
    static var readyStates: JSONKey { JSONKey(#","ready_states":"#) }
    static var state: JSONKey { JSONKey(#","state":"#) }
    static var duration: JSONKey { JSONKey(#","duration":"#) }
    static var fromClient: JSONKey { JSONKey(#","from_client":"#) }
    static var fromServer: JSONKey { JSONKey(#","from_server":"#) }
    static var messages: JSONKey { JSONKey(#","messages":"#) }
    static var payloadBytes: JSONKey { JSONKey(#","payload_bytes":"#) }
    static var wireBytes: JSONKey { JSONKey(#","wire_bytes":"#) }
    static var framesByOpcode: JSONKey { JSONKey(#","frames_by_opcode":"#) }
    static var messageInterval: JSONKey { JSONKey(#","message_interval":"#) }
    static var pingRoundTrip: JSONKey { JSONKey(#","ping_round_trip":"#) }
    static var count: JSONKey { JSONKey(#","count":"#) }
    static var min: JSONKey { JSONKey(#","min":"#) }
    static var p50: JSONKey { JSONKey(#","p50":"#) }
    static var p90: JSONKey { JSONKey(#","p90":"#) }
    static var p99: JSONKey { JSONKey(#","p99":"#) }
    static var max: JSONKey { JSONKey(#","max":"#) }
    static var retransmittedSegments: JSONKey { JSONKey(#","retransmitted_segments":"#) }
    static var duplicateSegments: JSONKey { JSONKey(#","duplicate_segments":"#) }
    static var outOfOrderSegments: JSONKey { JSONKey(#","out_of_order_segments":"#) }
    static var gapBytes: JSONKey { JSONKey(#","gap_bytes":"#) }
    static var finPackets: JSONKey { JSONKey(#","fin_packets":"#) }
    static var rstPacket: JSONKey { JSONKey(#","rst_packet":"#) }
    static var rstFrom: JSONKey { JSONKey(#","rst_from":"#) }
    static var unansweredFrom: JSONKey { JSONKey(#","unanswered_from":"#) }
    static var unansweredSegments: JSONKey { JSONKey(#","unanswered_segments":"#) }
    static var unansweredFor: JSONKey { JSONKey(#","unanswered_for":"#) }
    static var compression: JSONKey { JSONKey(#","compression":"#) }
    static var noContextTakeover: JSONKey { JSONKey(#","no_context_takeover":"#) }
    static var maxWindowBits: JSONKey { JSONKey(#","max_window_bits":"#) }
    static var compressedMessages: JSONKey { JSONKey(#","compressed_messages":"#) }
    static var uncompressedMessages: JSONKey { JSONKey(#","uncompressed_messages":"#) }
    static var withheldMessages: JSONKey { JSONKey(#","withheld_messages":"#) }
    static var compressedBytes: JSONKey { JSONKey(#","compressed_bytes":"#) }
    static var inflatedBytes: JSONKey { JSONKey(#","inflated_bytes":"#) }
    static var ratio: JSONKey { JSONKey(#","ratio":"#) }
    static var contextsLost: JSONKey { JSONKey(#","contexts_lost":"#) }
    static var contextsRegained: JSONKey { JSONKey(#","contexts_regained":"#) }
}

/// `summary`.
extension JSONKey {
    static var packets: JSONKey { JSONKey(#","packets":"#) }
    static var bytes: JSONKey { JSONKey(#","bytes":"#) }
    static var tcpConnections: JSONKey { JSONKey(#","tcp_connections":"#) }
    static var webSocketConnections: JSONKey { JSONKey(#","websocket_connections":"#) }
    static var findings: JSONKey { JSONKey(#","findings":"#) }
    static var note: JSONKey { JSONKey(#","note":"#) }
    static var warning: JSONKey { JSONKey(#","warning":"#) }
    static var error: JSONKey { JSONKey(#","error":"#) }
    static var gaps: JSONKey { JSONKey(#","gaps":"#) }
    static var unreadablePackets: JSONKey { JSONKey(#","unreadable_packets":"#) }
    static var connectionsGivenUp: JSONKey { JSONKey(#","connections_given_up":"#) }
    static var findingsByRule: JSONKey { JSONKey(#","findings_by_rule":"#) }
    static var refusedUpgrades: JSONKey { JSONKey(#","refused_upgrades":"#) }
    static var unansweredUpgrades: JSONKey { JSONKey(#","unanswered_upgrades":"#) }
    static var refusedConnections: JSONKey { JSONKey(#","refused_connections":"#) }
    static var unansweredConnections: JSONKey { JSONKey(#","unanswered_connections":"#) }
    static var others: JSONKey { JSONKey(#","others":"#) }
    static var tls: JSONKey { JSONKey(#","tls":"#) }
    static var http2: JSONKey { JSONKey(#","http2":"#) }
    static var http: JSONKey { JSONKey(#","http":"#) }
    static var eventStreams: JSONKey { JSONKey(#","event_streams":"#) }
    static var polling: JSONKey { JSONKey(#","polling":"#) }
    static var silent: JSONKey { JSONKey(#","silent":"#) }
    static var refused: JSONKey { JSONKey(#","refused":"#) }
    static var unanswered: JSONKey { JSONKey(#","unanswered":"#) }
    static var unknown: JSONKey { JSONKey(#","unknown":"#) }
    static var midstream: JSONKey { JSONKey(#","midstream":"#) }
    static var packetsNotTCP: JSONKey { JSONKey(#","packets_not_tcp":"#) }
    static var quicPackets: JSONKey { JSONKey(#","quic_packets":"#) }
    static var fragments: JSONKey { JSONKey(#","fragments":"#) }
    static var tunnels: JSONKey { JSONKey(#","tunnels":"#) }
    static var endings: JSONKey { JSONKey(#","endings":"#) }
    static var otherEndings: JSONKey { JSONKey(#","other_endings":"#) }
    static var servers: JSONKey { JSONKey(#","servers":"#) }
    static var otherServers: JSONKey { JSONKey(#","other_servers":"#) }
    static var otherConnections: JSONKey { JSONKey(#","other_connections":"#) }
    static var bytesFromClients: JSONKey { JSONKey(#","bytes_from_clients":"#) }
    static var bytesFromServers: JSONKey { JSONKey(#","bytes_from_servers":"#) }
    static var longest: JSONKey { JSONKey(#","longest":"#) }
    static var versions: JSONKey { JSONKey(#","versions":"#) }
    static var cipherSuites: JSONKey { JSONKey(#","cipher_suites":"#) }
    static var protocols: JSONKey { JSONKey(#","protocols":"#) }
    static var proxiedSessions: JSONKey { JSONKey(#","proxied_sessions":"#) }
    static var connections: JSONKey { JSONKey(#","connections":"#) }
    static var otherProxiedSessions: JSONKey { JSONKey(#","other_proxied_sessions":"#) }
    static var patterns: JSONKey { JSONKey(#","patterns":"#) }
    static var sessions: JSONKey { JSONKey(#","sessions":"#) }
    static var ended: JSONKey { JSONKey(#","ended":"#) }
    static var messageSilenceMin: JSONKey { JSONKey(#","message_silence_min":"#) }
    static var messageSilenceMax: JSONKey { JSONKey(#","message_silence_max":"#) }
    static var silenceMin: JSONKey { JSONKey(#","silence_min":"#) }
    static var silenceMax: JSONKey { JSONKey(#","silence_max":"#) }
    static var atOnce: JSONKey { JSONKey(#","at_once":"#) }
    static var endedBy: JSONKey { JSONKey(#","ended_by":"#) }
    static var translated: JSONKey { JSONKey(#","translated":"#) }
    static var silentEnd: JSONKey { JSONKey(#","silent_end":"#) }
    static var lifetimeMin: JSONKey { JSONKey(#","lifetime_min":"#) }
    static var lifetimeMax: JSONKey { JSONKey(#","lifetime_max":"#) }
    static var uncomparedSessions: JSONKey { JSONKey(#","uncompared_sessions":"#) }
    static var forgottenTimes: JSONKey { JSONKey(#","forgotten_times":"#) }
    static var droppedByKernel: JSONKey { JSONKey(#","dropped_by_kernel":"#) }
    static var droppedByInterface: JSONKey { JSONKey(#","dropped_by_interface":"#) }
    static var undisplayedLines: JSONKey { JSONKey(#","undisplayed_lines":"#) }
}

/// Runs of keys and values that many lines have, each copied in one step.
enum JSONRun {
    /// Begins a line; the kind of its event follows.
    static var line: StaticString { #"{"event":""# }
    /// Follows the kind of an event; its time follows.
    static var time: StaticString { #"","time":""# }
    /// Follows the time.
    static var elapsed: StaticString { #"","elapsed":"# }
    static var fromClient: StaticString { #","from":"client""# }
    static var fromServer: StaticString { #","from":"server""# }
    /// The first byte of an uncompressed text frame that is a whole message.
    static var wholeText: StaticString {
        #","fin":true,"rsv1":false,"rsv2":false,"rsv3":false,"opcode":"text","opcode_value":1"#
    }
    /// Begins the masking of a masked frame; the key follows.
    static var masked: StaticString { #","masked":true,"masking_key":""# }
    /// Follows the masking key; the length follows.
    static var maskedLength: StaticString { #"","length":"# }
    /// The masking of an unmasked frame; the length follows.
    static var unmaskedLength: StaticString { #","masked":false,"masking_key":null,"length":"# }
    /// Begins a message of text; whether it is complete follows.
    static var textComplete: StaticString { #","opcode":"text","complete":"# }
    /// Begins a binary message; whether it is complete follows.
    static var binaryComplete: StaticString { #","opcode":"binary","complete":"# }
    static var inferred: StaticString { #","inferred":true"# }
}

/// The index of extracted messages.
extension JSONKey {
    static var extracted: JSONKey { JSONKey(#","file":"#) }
    static var sha256: JSONKey { JSONKey(#","sha256":"#) }
}
