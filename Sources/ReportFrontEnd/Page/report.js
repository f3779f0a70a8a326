// The data of the report: columns of rows, sessions, and what is unpacked only when it is looked at.

export const names = ['continuation', 'text', 'binary', , , , , , 'close', 'ping', 'pong'];
/** Kinds of rows that are no frames; findings are a note, a warning, an error. */
export const NOTE = 16, ERROR = 18, GAP = 19, RESYNC = 20, OPENING = 21, END = 22;
export const withheld = [, 'its compression context was lost', 'it inflates beyond a limit', 'bytes of it are missing', 'its extension is not decoded'];

export const columns = [['kind', Uint8Array], ['flags', Uint8Array], ['session', Uint32Array], ['time', Float64Array], ['packet', Float64Array],
  ['length', Float64Array], ['extra', Float64Array], ['frames', Uint32Array], ['kept', Uint32Array]];
const keptBlocks = 96;

async function inflate(element) {
  const text = element.textContent;
  let packed;
  if (Uint8Array.fromBase64) packed = Uint8Array.fromBase64(text);
  else {
    const raw = atob(text);
    packed = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) packed[i] = raw.charCodeAt(i);
  }
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The objects of lines of JSON. */
const lines = (data) => new TextDecoder().decode(data).split('\n').filter(Boolean).map((line) => JSON.parse(line));

/** A column of `n` numbers from byte planes, the lowest first, added to what `into` holds. */
function planes(data, at, width, n, into, start) {
  for (let plane = 0, weight = 1; plane < width; plane++, weight *= 256) {
    for (let i = 0; i < n; i++) into[start + i] += data[at + i] * weight;
    at += n;
  }
}

/** Undoes differences in zigzag form. */
function sums(values, start, n) {
  let sum = 0;
  for (let i = start; i < start + n; i++) {
    const value = values[i];
    sum += value % 2 ? -(value + 1) / 2 : value / 2;
    values[i] = sum;
  }
}

export class Report {
  static async read(document) {
    const report = new Report();
    const blocks = (kind) => [...document.querySelectorAll(`script[data-block=${kind}]`)];
    const [meta, rows, sessions] = await Promise.all(
      ['meta', 'rows', 'sessions'].map((kind) => Promise.all(blocks(kind).map(inflate))));
    report.meta = lines(meta[0])[0];
    report.start = BigInt(report.meta.start);
    report.sessions = sessions.flatMap(lines).sort((a, b) => a.place - b.place);
    report.bySession = new Map(report.sessions.map((session) => [session.place + 1, session]));
    report.byNumber = new Map(report.sessions.map((session) => [session.number, session]));
    report.readRows(rows);
    report.payloads = blocks('payloads').map((element) => ({ element, first: Number(element.dataset.first) }));
    report.details = blocks('details');
    report.placePayloads();
    report.recent = [];
    for (const block of ['rows', 'sessions', 'meta']) blocks(block).forEach((element) => element.remove());
    return report;
  }

  readRows(blocks) {
    const counts = blocks.map((data) => new DataView(data.buffer).getUint32(0, true));
    this.n = counts.reduce((sum, count) => sum + count, 0);
    for (const [name, Type] of columns) this[name] = new Type(this.n);
    let start = 0;
    blocks.forEach((data, index) => {
      const n = counts[index];
      let at = 4;
      for (const [name] of columns) {
        const width = data[at++];
        planes(data, at, width, n, this[name], start);
        at += width * n;
        if (name === 'time' || name === 'packet') sums(this[name], start, n);
      }
      start += n;
    });
    this.index(this.packet);
  }

  /** Rows come as they were completed; their order is that of their own packets, or of another column. */
  index(by) {
    const { n, session } = this;
    let isSorted = true, least = Infinity, most = 0;
    this.order = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      this.order[i] = i;
      if (i && by[i] < by[i - 1]) isSorted = false;
      if (session[i]) { least = Math.min(least, session[i]); most = Math.max(most, session[i]); }
    }
    if (!isSorted) this.order.sort((a, b) => by[a] - by[b] || a - b);
    // The rows of each session, in that order; those of none come first.
    const place = (row) => (session[row] ? session[row] - this.least : 0);
    this.least = least - 1;
    this.firstOf = new Uint32Array(most ? most - least + 3 : 2);
    for (let i = 0; i < n; i++) this.firstOf[place(i) + 1]++;
    for (let s = 1; s < this.firstOf.length; s++) this.firstOf[s] += this.firstOf[s - 1];
    const next = this.firstOf.slice();
    this.ofSession = new Uint32Array(n);
    for (const row of this.order) this.ofSession[next[place(row)]++] = row;
  }

  /** The rows of a session (its place plus 1), in order. */
  rowsOf(session) {
    const place = session - this.least;
    return this.ofSession.subarray(...(place > 0 && place + 1 < this.firstOf.length ? [this.firstOf[place], this.firstOf[place + 1]] : [0, 0]));
  }

  /** From when to when there is something, and how long the longest session is. */
  extent() {
    const times = this.time.subarray(0, this.n), low = times.reduce((a, b) => Math.min(a, b), 0);
    const high = times.reduce((a, b) => Math.max(a, b), Math.max(this.meta.duration, low + 1000));
    return [low, high, this.sessions.reduce((most, s) => Math.max(most, s.to - s.from), 1000)];
  }

  /** What a row is, without who sent it. */
  what(row) { return this.kind[row] & 63; }

  /** 1 if the server sent a row, else 0. */
  side(row) { return this.kind[row] >> 7; }

  /** Whether a row is a finding. */
  isFinding(row) { return this.what(row) >= NOTE && this.what(row) <= ERROR; }

  placePayloads() {
    this.offset = new Uint32Array(this.n);
    this.payloads.forEach((block, index) => {
      block.end = this.payloads[index + 1]?.first ?? this.n;
      let at = 0;
      for (let row = block.first; row < block.end; row++) {
        this.offset[row] = at;
        if (this.kept[row]) at += this.kept[row] - 1;
      }
    });
  }

  block(row) {
    let low = 0, high = this.payloads.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.payloads[middle].first <= row) low = middle; else high = middle;
    }
    return this.payloads[low];
  }

  /** Unpacks a block of payloads; only the latest stay unpacked. */
  open(block) {
    if (!block.opening) {
      block.opening = inflate(block.element).then((data) => { block.data = data; });
      this.recent.push(block);
      if (this.recent.length > keptBlocks) {
        const old = this.recent.shift();
        old.opening = old.data = null;
      }
    }
    return block.opening;
  }

  /** The kept bytes of a row; null if there are none, undefined (and `ready` called later) if they are still packed. */
  payload(row, ready) {
    if (!this.kept[row]) return null;
    const block = this.block(row);
    if (block.data) return block.data.subarray(this.offset[row], this.offset[row] + this.kept[row] - 1);
    this.open(block).then(ready);
    return undefined;
  }

  /** The events of a session that are kept in the words of `--format jsonl`. */
  async eventsOf(session) {
    const found = [];
    for (const index of session.details) {
      const element = this.details[index];
      if (!element) continue;
      const text = new TextDecoder().decode(await inflate(element));
      const mark = session.place + '\t';
      for (const line of text.split('\n')) if (line.startsWith(mark)) found.push(JSON.parse(line.slice(mark.length)));
    }
    return found;
  }

  /** Which of `rows` hold `query`, whatever the case of its letters; `isCurrent` stops a search that is out of date. */
  async search(query, rows, isCurrent) {
    const latin = new TextDecoder('latin1');
    const needle = latin.decode(new TextEncoder().encode(query)).toLowerCase();
    const hits = new Uint8Array(this.n);
    for (const block of this.payloads) {
      const wasOpen = block.data;
      const data = wasOpen ?? await inflate(block.element);
      if (!isCurrent()) return null;
      const text = latin.decode(data).toLowerCase();
      let row = block.first;
      const end = (r) => this.offset[r] + (this.kept[r] ? this.kept[r] - 1 : 0);
      for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at)) {
        while (row < block.end && end(row) <= at) row++;
        if (row >= block.end) break;
        if (at + needle.length <= end(row)) { hits[row] = 1; at = end(row); } else at++;
      }
    }
    return rows.filter((row) => hits[row]);
  }
}
