-- A trace of `wstap --format jsonl` as views of DuckDB, one for each kind of event, every column with its type.
--
--     SET VARIABLE trace = 'chat.jsonl';   -- or a pattern: 'traces/*.jsonl.gz'
--     .read schema/duckdb.sql
--
-- Without types, DuckDB guesses them from the first lines, and loses keys that only come later. Keys that are reserved
-- words have other names here: "from" is sender, "index" is number,
-- message_index is number or message_number. Times are UTC.

-- The first line.
CREATE OR REPLACE VIEW capture AS
SELECT time, elapsed, packet, format, version, sources, start
FROM read_json(getvariable('trace'), format = 'newline_delimited', columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "format": 'VARCHAR',
    "version": 'UBIGINT', "sources": 'VARCHAR[]', "start": 'DOUBLE'
})
WHERE event = 'capture';

-- The first evidence of a session.
CREATE OR REPLACE VIEW connection AS
SELECT time, elapsed, packet, connection, stream, session_id, client, server, community_id, opened, link_type, interface, tcp,
    encrypted, proxied
FROM read_json(getvariable('trace'), format = 'newline_delimited', columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "connection": 'UBIGINT',
    "stream": 'UBIGINT', "session_id": 'VARCHAR', "client": 'STRUCT(ip VARCHAR, port USMALLINT)',
    "server": 'STRUCT(ip VARCHAR, port USMALLINT)', "community_id": 'VARCHAR', "opened": 'VARCHAR',
    "link_type": 'VARCHAR', "interface": 'VARCHAR',
    "tcp": 'STRUCT(syn_packet UBIGINT, syn_ack_packet UBIGINT, ack_packet UBIGINT, connect_time DOUBLE)',
    "encrypted": 'STRUCT(version VARCHAR, cipher_suite VARCHAR, decrypted BOOLEAN, resumed BOOLEAN, server_name VARCHAR, alpn VARCHAR)',
    "proxied": 'STRUCT(version UTINYINT, client STRUCT(ip VARCHAR, port USMALLINT), server STRUCT(ip VARCHAR, port USMALLINT))'
})
WHERE event = 'connection';

-- TLS alerts of connections that are decrypted.
CREATE OR REPLACE VIEW alert AS
SELECT time, elapsed, packet, connection, stream, "from" AS sender, alert, alert_code, fatal
FROM read_json(getvariable('trace'), format = 'newline_delimited', columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "connection": 'UBIGINT',
    "stream": 'UBIGINT', "from": 'VARCHAR', "alert": 'VARCHAR', "alert_code": 'UTINYINT', "fatal": 'BOOLEAN'
})
WHERE event = 'alert';

-- Upgrades, refused ones too.
CREATE OR REPLACE VIEW handshake AS
SELECT time, elapsed, packet, connection, stream, session_id, method, response_http_version, accepted, status, answer_missing, url, http_version, request_headers,
    response_headers, subprotocol, extensions_offered, extensions, accept_valid, request_packet, response_packet,
    response_time
FROM read_json(getvariable('trace'), format = 'newline_delimited', columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "connection": 'UBIGINT',
    "stream": 'UBIGINT', "session_id": 'VARCHAR', "method": 'VARCHAR', "response_http_version": 'VARCHAR', "accepted": 'BOOLEAN', "status": 'USMALLINT', "answer_missing": 'BOOLEAN', "url": 'VARCHAR', "http_version": 'VARCHAR',
    "request_headers": 'VARCHAR[][]', "response_headers": 'VARCHAR[][]', "subprotocol": 'VARCHAR',
    "extensions_offered": 'STRUCT(name VARCHAR, parameters VARCHAR[][])[]',
    "extensions": 'STRUCT(name VARCHAR, parameters VARCHAR[][])[]', "accept_valid": 'BOOLEAN',
    "request_packet": 'UBIGINT', "response_packet": 'UBIGINT', "response_time": 'DOUBLE'
})
WHERE event = 'handshake';

-- Frames.
CREATE OR REPLACE VIEW frame AS
SELECT time, elapsed, packet, connection, stream, message_index AS message_number, "from" AS sender, stream_offset, "index" AS number, fin, rsv1,
    rsv2, rsv3, opcode, opcode_value, masked, masking_key, length, missing, first_packet, close, answers_packet,
    round_trip, origin_packet, origin_time, inferred, payload, payload_base64, payload_truncated, payload_withheld
FROM read_json(getvariable('trace'), format = 'newline_delimited', maximum_object_size = 33554432, columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "connection": 'UBIGINT',
    "stream": 'UBIGINT', "message_index": 'UBIGINT', "from": 'VARCHAR', "stream_offset": 'UBIGINT', "index": 'UBIGINT', "fin": 'BOOLEAN',
    "rsv1": 'BOOLEAN', "rsv2": 'BOOLEAN', "rsv3": 'BOOLEAN', "opcode": 'VARCHAR', "opcode_value": 'UTINYINT',
    "masked": 'BOOLEAN', "masking_key": 'VARCHAR', "length": 'UBIGINT', "missing": 'UBIGINT',
    "first_packet": 'UBIGINT', "close": 'STRUCT(code USMALLINT, name VARCHAR, reason VARCHAR)',
    "answers_packet": 'UBIGINT', "round_trip": 'DOUBLE', "origin_packet": 'UBIGINT', "origin_time": 'TIMESTAMP_NS',
    "inferred": 'BOOLEAN', "payload": 'VARCHAR', "payload_base64": 'VARCHAR', "payload_truncated": 'BOOLEAN',
    "payload_withheld": 'VARCHAR'
})
WHERE event = 'frame';

-- Data messages.
CREATE OR REPLACE VIEW message AS
SELECT time, elapsed, packet, connection, stream, message_index AS number, "from" AS sender, stream_offset, opcode, complete, frames,
    compressed, wire_length, length, first_packet, origin_packet, origin_time, inferred, payload, payload_base64,
    payload_truncated, payload_withheld
FROM read_json(getvariable('trace'), format = 'newline_delimited', maximum_object_size = 33554432, columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "connection": 'UBIGINT',
    "stream": 'UBIGINT', "message_index": 'UBIGINT', "from": 'VARCHAR', "stream_offset": 'UBIGINT', "opcode": 'VARCHAR', "complete": 'BOOLEAN',
    "frames": 'UBIGINT', "compressed": 'BOOLEAN', "wire_length": 'UBIGINT', "length": 'UBIGINT',
    "first_packet": 'UBIGINT', "origin_packet": 'UBIGINT', "origin_time": 'TIMESTAMP_NS', "inferred": 'BOOLEAN',
    "payload": 'VARCHAR', "payload_base64": 'VARCHAR', "payload_truncated": 'BOOLEAN', "payload_withheld": 'VARCHAR'
})
WHERE event = 'message';

-- Bytes that the capture lacks.
CREATE OR REPLACE VIEW gap AS
SELECT time, elapsed, packet, connection, stream, "from" AS sender, stream_offset, length
FROM read_json(getvariable('trace'), format = 'newline_delimited', columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "connection": 'UBIGINT',
    "stream": 'UBIGINT', "from": 'VARCHAR', "stream_offset": 'UBIGINT', "length": 'UBIGINT'
})
WHERE event = 'gap';

-- Where decoding goes on after a gap.
CREATE OR REPLACE VIEW resync AS
SELECT time, elapsed, packet, connection, stream, "from" AS sender, stream_offset, gap_packet, confidence, skipped
FROM read_json(getvariable('trace'), format = 'newline_delimited', columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "connection": 'UBIGINT',
    "stream": 'UBIGINT', "from": 'VARCHAR', "stream_offset": 'UBIGINT', "gap_packet": 'UBIGINT',
    "confidence": 'VARCHAR', "skipped": 'UBIGINT'
})
WHERE event = 'resync';

-- What became of messages (all of them with --events …,delivery).
CREATE OR REPLACE VIEW delivery AS
SELECT time, elapsed, packet, connection, stream, "from" AS sender, message_packet, last_byte_packet, outcome,
    acknowledged_packet, acknowledged_after, retransmissions
FROM read_json(getvariable('trace'), format = 'newline_delimited', columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "connection": 'UBIGINT',
    "stream": 'UBIGINT', "from": 'VARCHAR', "message_packet": 'UBIGINT', "last_byte_packet": 'UBIGINT',
    "outcome": 'VARCHAR', "acknowledged_packet": 'UBIGINT', "acknowledged_after": 'DOUBLE',
    "retransmissions": 'UBIGINT'
})
WHERE event = 'delivery';

-- Findings.
CREATE OR REPLACE VIEW finding AS
SELECT time, elapsed, packet, connection, stream, rule, severity, reference, text, "from" AS sender, stream_offset,
    "index" AS number, origin_packet, origin_time
FROM read_json(getvariable('trace'), format = 'newline_delimited', columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "connection": 'UBIGINT',
    "stream": 'UBIGINT', "rule": 'VARCHAR', "severity": 'VARCHAR', "reference": 'VARCHAR', "text": 'VARCHAR',
    "from": 'VARCHAR', "stream_offset": 'UBIGINT', "index": 'UBIGINT', "origin_packet": 'UBIGINT',
    "origin_time": 'TIMESTAMP_NS'
})
WHERE event = 'finding';

-- Ends of sessions ("end" is a reserved word).
CREATE OR REPLACE VIEW ending AS
SELECT time, elapsed, packet, connection, stream, session_id, url, community_id, client, server, verdict, close_events, ready_states, duration, from_client,
    from_server, ping_round_trip, tcp, compression, origin_packet, origin_time
FROM read_json(getvariable('trace'), format = 'newline_delimited', columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "connection": 'UBIGINT',
    "stream": 'UBIGINT', "session_id": 'VARCHAR', "url": 'VARCHAR', "community_id": 'VARCHAR',
    "client": 'STRUCT(ip VARCHAR, port USMALLINT)', "server": 'STRUCT(ip VARCHAR, port USMALLINT)',
    "verdict": 'STRUCT("by" VARCHAR, layer VARCHAR, clean BOOLEAN, code USMALLINT, name VARCHAR, reason VARCHAR, client_sees USMALLINT, server_sees USMALLINT, silence DOUBLE, message_silence DOUBLE, unanswered_pings UBIGINT, uncertain_pings UBIGINT, failed_by VARCHAR, failed_over VARCHAR, tls STRUCT(alert VARCHAR, alert_from VARCHAR, client_close_notify BOOLEAN, server_close_notify BOOLEAN))',
    "close_events": 'STRUCT(client STRUCT(code USMALLINT, name VARCHAR, reason VARCHAR, was_clean BOOLEAN), server STRUCT(code USMALLINT, name VARCHAR, reason VARCHAR, was_clean BOOLEAN))',
    "ready_states": 'STRUCT(client STRUCT(state VARCHAR, elapsed DOUBLE)[], server STRUCT(state VARCHAR, elapsed DOUBLE)[])',
    "duration": 'DOUBLE',
    "from_client": 'STRUCT(frames UBIGINT, messages UBIGINT, payload_bytes UBIGINT, wire_bytes UBIGINT, frames_by_opcode MAP(VARCHAR, UBIGINT), message_interval STRUCT(count UBIGINT, min DOUBLE, p50 DOUBLE, p90 DOUBLE, p99 DOUBLE, max DOUBLE))',
    "from_server": 'STRUCT(frames UBIGINT, messages UBIGINT, payload_bytes UBIGINT, wire_bytes UBIGINT, frames_by_opcode MAP(VARCHAR, UBIGINT), message_interval STRUCT(count UBIGINT, min DOUBLE, p50 DOUBLE, p90 DOUBLE, p99 DOUBLE, max DOUBLE))',
    "ping_round_trip": 'STRUCT(count UBIGINT, min DOUBLE, p50 DOUBLE, p90 DOUBLE, p99 DOUBLE, max DOUBLE)',
    "tcp": 'STRUCT(retransmitted_segments UBIGINT, out_of_order_segments UBIGINT, duplicate_segments UBIGINT, gap_bytes UBIGINT, fin_packets UBIGINT[], rst_packet UBIGINT, rst_from VARCHAR, unanswered_from VARCHAR, unanswered_segments UBIGINT, unanswered_for DOUBLE)',
    "compression": 'STRUCT(from_client STRUCT(no_context_takeover BOOLEAN, max_window_bits UTINYINT, compressed_messages UBIGINT, uncompressed_messages UBIGINT, withheld_messages UBIGINT, compressed_bytes UBIGINT, inflated_bytes UBIGINT, ratio DOUBLE, contexts_lost UBIGINT, contexts_regained UBIGINT), from_server STRUCT(no_context_takeover BOOLEAN, max_window_bits UTINYINT, compressed_messages UBIGINT, uncompressed_messages UBIGINT, withheld_messages UBIGINT, compressed_bytes UBIGINT, inflated_bytes UBIGINT, ratio DOUBLE, contexts_lost UBIGINT, contexts_regained UBIGINT))',
    "origin_packet": 'UBIGINT', "origin_time": 'TIMESTAMP_NS'
})
WHERE event = 'end';

-- The last line.
CREATE OR REPLACE VIEW totals AS
SELECT time, elapsed, packet, packets, bytes, tcp_connections, websocket_connections, frames, messages,
    payload_bytes, findings, gaps, unreadable_packets, connections_given_up, duration, patterns,
    uncompared_sessions, forgotten_times, dropped_by_kernel, dropped_by_interface, undisplayed_lines,
    refused_upgrades, unanswered_upgrades, findings_by_rule, others, compression,
    endings, other_endings, servers, other_servers,
    proxied_sessions, other_proxied_sessions, encrypted_connections
FROM read_json(getvariable('trace'), format = 'newline_delimited', columns = {
    "event": 'VARCHAR', "time": 'TIMESTAMP_NS', "elapsed": 'DOUBLE', "packet": 'UBIGINT', "packets": 'UBIGINT',
    "bytes": 'UBIGINT', "tcp_connections": 'UBIGINT', "websocket_connections": 'UBIGINT', "frames": 'UBIGINT',
    "messages": 'UBIGINT', "payload_bytes": 'UBIGINT',
    "findings": 'STRUCT(note UBIGINT, warning UBIGINT, error UBIGINT)', "gaps": 'UBIGINT',
    "unreadable_packets": 'UBIGINT', "connections_given_up": 'UBIGINT', "duration": 'DOUBLE',
    "patterns": 'STRUCT(server VARCHAR, "by" VARCHAR, layer VARCHAR, sessions UBIGINT, ended UBIGINT, silence_min DOUBLE, silence_max DOUBLE, silent_end VARCHAR, at_once BOOLEAN, message_silence_min DOUBLE, message_silence_max DOUBLE, lifetime_min DOUBLE, lifetime_max DOUBLE)[]',
    "uncompared_sessions": 'UBIGINT', "forgotten_times": 'UBIGINT', "dropped_by_kernel": 'UBIGINT',
    "dropped_by_interface": 'UBIGINT', "undisplayed_lines": 'UBIGINT',
    "refused_upgrades": 'UBIGINT',
    "unanswered_upgrades": 'UBIGINT',
    "findings_by_rule": 'MAP(VARCHAR, UBIGINT)',
    "others": 'STRUCT(tls UBIGINT, http2 UBIGINT, http UBIGINT, event_streams UBIGINT, polling UBIGINT, silent UBIGINT, refused UBIGINT, unanswered UBIGINT, unknown UBIGINT, midstream UBIGINT, packets_not_tcp UBIGINT, quic_packets UBIGINT, fragments UBIGINT, tunnels MAP(VARCHAR, UBIGINT))',
    "compression": 'STRUCT(sessions UBIGINT, compressed_messages UBIGINT, uncompressed_messages UBIGINT, withheld_messages UBIGINT, compressed_bytes UBIGINT, inflated_bytes UBIGINT)',
    "endings": 'STRUCT("by" VARCHAR, layer VARCHAR, clean BOOLEAN, code USMALLINT, client_sees USMALLINT, server_sees USMALLINT, sessions UBIGINT)[]',
    "servers": 'STRUCT(ip VARCHAR, port USMALLINT, sessions UBIGINT, refused_upgrades UBIGINT, unanswered_upgrades UBIGINT, refused_connections UBIGINT, unanswered_connections UBIGINT, polling UBIGINT, event_streams UBIGINT)[]',
    "proxied_sessions": 'STRUCT(connections UBIGINT[], ended_by STRUCT(ip VARCHAR, port USMALLINT), translated BOOLEAN)[]',
    "other_endings": 'UBIGINT', "other_servers": 'UBIGINT', "other_proxied_sessions": 'UBIGINT',
    "encrypted_connections": 'STRUCT(total UBIGINT, decrypted UBIGINT, no_key_log UBIGINT, no_secret UBIGINT, wrong_secret UBIGINT, unsupported UBIGINT, no_handshake UBIGINT, incomplete UBIGINT, http2 UBIGINT, encrypted_client_hellos UBIGINT, servers STRUCT(name VARCHAR, connections UBIGINT, bytes_from_clients UBIGINT, bytes_from_servers UBIGINT, longest DOUBLE, versions VARCHAR[], cipher_suites VARCHAR[], protocols VARCHAR[], encrypted_client_hellos UBIGINT, no_secret UBIGINT, endings STRUCT("by" VARCHAR, layer VARCHAR, connections UBIGINT)[])[], other_connections UBIGINT, patterns STRUCT(server VARCHAR, "by" VARCHAR, layer VARCHAR, sessions UBIGINT, ended UBIGINT, silence_min DOUBLE, silence_max DOUBLE, silent_end VARCHAR, message_silence_min DOUBLE, message_silence_max DOUBLE, lifetime_min DOUBLE, lifetime_max DOUBLE, at_once BOOLEAN)[])'
})
WHERE event = 'summary';
