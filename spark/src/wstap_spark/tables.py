"""The tables: those of ``wstap --format sqlite`` (docs/database.md), with further columns for shard and capture point."""

import array
import itertools

import adbc_driver_sqlite.dbapi as sqlite
import pyarrow as pa
import pyarrow.compute as compute

# The columns of the database without the computed ones. `=` marks text, `*` booleans, `#` bytes; all others are integers.
_COLUMNS = {
    "session": """id connection stream =session_id packet time_ns =opened =client_ip client_port =server_ip server_port
        =community_id =link_type =interface connect_time_ns *accepted status *answer_missing =url =host =target =method =http_version
        =subprotocol =extensions *accept_valid request_packet response_packet response_time_ns =request_headers
        =response_headers end_packet end_time_ns =verdict =ended_by =layer *clean code =code_name =reason client_sees
        server_sees silence_ns message_silence_ns unanswered_pings uncertain_pings =failed_by =failed_over duration_ns
        client_frames client_messages client_payload_bytes client_wire_bytes server_frames server_messages server_payload_bytes
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
# The kinds of events that each table needs; sessions are always there.
EVENTS = {
    "session": [], "message": ["message"], "frame": ["frame"], "finding": ["finding"], "gap": ["gap", "resync"],
    "delivery": ["delivery"],
}
_TYPES = {"=": pa.string(), "*": pa.bool_(), "#": pa.binary()}
# A value of each in SQL; an integer otherwise.
_EXAMPLES = {"=": "''", "#": "x''"}
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
    """That schema as one of Spark's."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(arrow_schema(table))


def _query(table, has_file):
    """A query for all rows, which SQLite returns in order of their numbers. Before them it returns a row that shows each
    column's type, since the first thousands may have only NULL."""
    examples, columns = [], []
    for column in _COLUMNS[table].split():
        is_bytes = column[0] == "#"
        examples.append("0" if is_bytes and has_file else _EXAMPLES.get(column[0], "0"))
        name = column.lstrip(_PREFIXES)
        # Text and bytes alike.
        columns.append(f"CAST({name} AS BLOB)" if is_bytes and not has_file else name)
    return f"SELECT {', '.join(examples)} UNION ALL SELECT {', '.join(columns)} FROM {table}"


class _SessionNames:
    """The `session_id` of each session, so that it is read once and not for each row."""

    def __init__(self, cursor):
        rows = cursor.execute("SELECT id, session_id FROM session").fetch_arrow_table()
        self._ids = rows.column(0).combine_chunks().cast(pa.int64())
        self._names = rows.column(1).combine_chunks().cast(pa.string())

    def array(self, sessions):
        return self._names.take(compute.index_in(sessions, value_set=self._ids))


class _Payloads:
    """The payloads that `wstap --payload-file` has written, as columns that point into them."""

    def __init__(self, written):
        self._bytes = written
        self._at = 0

    def array(self, lengths):
        """The next payloads.

        :param lengths: Their lengths; None for a row without a payload.
        """
        ends = array.array("i", itertools.accumulate((length or 0 for length in lengths), initial=0))
        validity = pa.array(lengths, pa.int64()).buffers()[0]
        data = self._bytes.slice(self._at, ends[-1])
        self._at += ends[-1]
        return pa.Array.from_buffers(pa.binary(), len(lengths), [validity, pa.py_buffer(ends), data])


def batches(database, table, shard, capture_point, size=8192, payloads=None):
    """Rows of a database's table as Arrow record batches.

    :param payloads: For the table of messages, what `wstap --payload-file` has written.
    """
    wanted = arrow_schema(table)
    place = wanted.get_field_index("payload") if payloads is not None else -1
    values = _Payloads(payloads) if payloads is not None else None
    uri = f"file:{_escaped(database)}?mode=ro&immutable=1"
    with sqlite.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        # Rows are read once, and in order.
        cursor.execute("PRAGMA mmap_size = 1099511627776")
        names = _SessionNames(cursor) if table != "session" else None
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(size)})
        skipped, last = 1, -1
        for rows in cursor.execute(_query(table, payloads is not None)).fetch_record_batch():
            rows, skipped = rows.slice(skipped), 0
            if not rows.num_rows:
                continue
            last = _check_order(rows.column(0), last)
            lengths = rows.column(place).to_pylist() if payloads is not None else ()
            # Offsets in a column have 32 bits.
            for part in _parts(lengths, rows.num_rows):
                count = part.stop - part.start
                arrays = [
                    values.array(lengths[part]) if index == place else column.slice(part.start, count).cast(kind)
                    for index, (column, kind) in enumerate(zip(rows.columns, wanted.types))]
                if names:
                    arrays.append(names.array(arrays[wanted.get_field_index("session")]))
                arrays.append(pa.repeat(pa.scalar(shard, pa.int32()), count))
                arrays.append(pa.repeat(pa.scalar(capture_point, pa.string()), count))
                yield pa.record_batch(arrays, schema=wanted)


def _check_order(ids, last):
    """Makes sure that rows come in the order of their payloads in the file."""
    steps = compute.all(compute.greater(ids[1:], ids[:-1])).as_py() if len(ids) > 1 else True
    if not steps or ids[0].as_py() <= last:
        raise AssertionError("rows of the database are not in order")
    return ids[-1].as_py()


def _parts(lengths, count, largest=1 << 30):
    """Divides rows into slices with at most a gigabyte of payload, unless a single row has more."""
    start, total = 0, 0
    for row, length in enumerate(lengths):
        if total + (length or 0) > largest and row > start:
            yield slice(start, row)
            start, total = row, 0
        total += length or 0
    yield slice(start, count)


def parquet_options(table):
    """How a table is written: text with a dictionary, payloads without one, and without compression or statistics, since
    those would take longer than everything else that is done with payloads."""
    schema_ = arrow_schema(table)
    return {
        "compression": {field.name: "none" if pa.types.is_binary(field.type) else "snappy" for field in schema_},
        "use_dictionary": [field.name for field in schema_ if pa.types.is_string(field.type)],
        "write_statistics": [field.name for field in schema_ if not pa.types.is_binary(field.type)],
    }


def _escaped(path):
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
