"""The tables: those of ``wstap --format sqlite`` (docs/database.md), with columns that tell shards and captures apart."""

import sqlite3

import pyarrow as pa

# Columns as in the database, computed ones left out; `=` marks text, `*` truth, `#` bytes, all others are integers.
_COLUMNS = {
    "session": """id connection stream =session_id packet time_ns =opened =client_ip client_port =server_ip server_port
        =community_id =link_type =interface connect_time_ns *accepted status *answer_missing =url =host =target =method =http_version
        =subprotocol =extensions *accept_valid request_packet response_packet response_time_ns =request_headers
        =response_headers end_packet end_time_ns =verdict =ended_by =layer *clean code =code_name =reason client_sees
        server_sees silence_ns message_silence_ns unanswered_pings =failed_by =failed_over duration_ns client_frames
        client_messages client_payload_bytes client_wire_bytes server_frames server_messages server_payload_bytes
        server_wire_bytes ping_count ping_p50_ns ping_p99_ns ping_max_ns retransmitted_segments out_of_order_segments
        gap_bytes rst_packet =rst_from""",
    "message": """id session packet origin_packet time_ns =sender number stream_offset =opcode *complete frames *compressed
        wire_length length first_packet *inferred =withheld *truncated #payload""",
    "frame": """id session packet origin_packet time_ns =sender number message_number stream_offset =opcode opcode_value
        *fin *rsv1 *rsv2 *rsv3 masking_key length missing first_packet *inferred close_code =close_reason answers_packet
        round_trip_ns =withheld *truncated #payload""",
    "finding": """id session packet time_ns =rule =severity =reference =description =sender stream_offset
        frame_number""",
    "gap": """id session packet time_ns =sender stream_offset length resumed_packet resumed_offset =confidence skipped""",
    "delivery": """id session packet time_ns =sender message_packet last_byte_packet =outcome acknowledged_packet
        acknowledged_after_ns retransmissions""",
}

TABLES = tuple(_COLUMNS)
# Kinds of events of the trace that fill a table; sessions are always there.
EVENTS = {
    "session": [], "message": ["message"], "frame": ["frame"], "finding": ["finding"], "gap": ["gap", "resync"],
    "delivery": ["delivery"],
}
_TYPES = {"=": pa.string(), "*": pa.bool_(), "#": pa.binary()}
_PREFIXES = "=*#"


def _field(column):
    return pa.field(column.lstrip(_PREFIXES), _TYPES.get(column[0], pa.int64()))


def database_columns(table):
    """Names of a table's columns in the database."""
    return [column.lstrip(_PREFIXES) for column in _COLUMNS[table].split()]


def arrow_schema(table):
    """The Arrow schema of a table's rows: the database's columns, `session_id`, `shard` and `capture_point`."""
    fields = [_field(column) for column in _COLUMNS[table].split()]
    if table != "session":
        fields.append(pa.field("session_id", pa.string()))
    return pa.schema(fields + [pa.field("shard", pa.int32()), pa.field("capture_point", pa.string())])


def schema(table):
    """The same as a schema of Spark."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(arrow_schema(table))


def _query(table):
    names = database_columns(table)
    if table == "session":
        return f"SELECT {', '.join(names)} FROM session ORDER BY id"
    columns = ", ".join("t." + name for name in names)
    return f"SELECT {columns}, s.session_id FROM {table} t LEFT JOIN session s ON s.id = t.session ORDER BY t.id"


def _values(column, kind):
    if pa.types.is_boolean(kind):
        return [None if value is None else bool(value) for value in column]
    if pa.types.is_binary(kind):
        return [value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value for value in column]
    return column


def batches(database, table, shard, capture_point, size=8192):
    """Rows of a database's table as Arrow record batches."""
    wanted = arrow_schema(table)
    connection = sqlite3.connect(f"file:{_escaped(database)}?mode=ro&immutable=1", uri=True)
    try:
        cursor = connection.execute(_query(table))
        while rows := cursor.fetchmany(size):
            kinds = wanted.types
            arrays = [pa.array(_values(column, kind), kind) for column, kind in zip(zip(*rows), kinds)]
            arrays.append(pa.array([shard] * len(rows), pa.int32()))
            arrays.append(pa.array([capture_point] * len(rows), pa.string()))
            yield pa.record_batch(arrays, schema=wanted)
    finally:
        connection.close()


def _escaped(path):
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
