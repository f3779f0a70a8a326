// What the page holds of a running capture: a report to which events of the trace are added.
import { columns, NOTE, GAP, RESYNC, OPENING, END, Report } from './report.js';
import { state } from './state.js';
import { outcome, sentence } from './verdict.js';

/** The limits of what is held; the oldest is removed first. */
const mostRows = 150000, mostBlocks = 96, mostSessions = 4000, mostDetails = 20, mostGroups = 100, mostRules = 100;
/** The longest URL and place, in characters, and the most characters of one session's events, and of all of them. */
const mostURL = 300, mostDetail = 1 << 14, mostOfDetails = 1 << 25;
/** Sessions that are followed at a time; as many as wstap follows connections. */
const mostOpen = 131072;
/** Rows and bytes of a block of payloads, and the most bytes of one payload. */
const blockRows = 4096, blockBytes = 1 << 18, payloadBytes = 1 << 16;
const ofServer = 128, ofNobody = 64;
const flag = { incomplete: 1, compressed: 2, inferred: 4, cut: 8, text: 128 };
const reasons = [, 'context-lost', 'bomb', 'incomplete', 'undecoded-extension'];
const findingKinds = { note: NOTE, warning: NOTE + 1, error: NOTE + 2 };
const badness = ['failed', 'reset', 'timeout', 'refused', 'fin', 'closed', 'coded', 'open', 'clean'];
/** The groups of sessions that did not end, as far as is known. */
const OPEN = 0, LOST = -1;

const encoder = new TextEncoder();
const nanoseconds = (seconds) => (seconds == null ? null : Math.round(seconds * 1e9));
const cut = (text) => (text.length > mostURL ? text.slice(0, mostURL) + '…' : text);
const address = ({ ip, port }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);
const fromBase64 = (text) => Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** A time of the trace as nanoseconds since 1970. */
function instant(text) {
  const [, date, fraction] = /^(.*)\.(\d{9})Z$/.exec(text);
  return BigInt(Date.parse(date + 'Z')) * 1000000n + BigInt(fraction);
}

export class LiveReport extends Report {
  constructor() {
    super();
    for (const [name, Type] of columns) this[name] = new Type(mostRows);
    Object.assign(this, { offset: new Uint32Array(mostRows), run: 0, runBase: 0, numbers: new Map(), last: 0 });
    this.clear();
  }

  /** Forgets everything except open sessions. */
  clear() {
    const open = (this.sessions ?? []).filter((session) => session.isOpen);
    Object.assign(this, { n: 0, payloads: [], sessions: open, ends: new Map(), rules: new Map(), gone: 0, forgotten: 0 });
    for (const [connection, session] of this.numbers) if (!session.isOpen) this.numbers.delete(connection);
    this.details = open.reduce((sum, session) => sum + (session.detail ?? 0), 0);
    this.bySession = new Map(open.map((session) => [session.place + 1, session]));
    this.byNumber = new Map(open.map((session) => [session.number, session]));
    this.meta = { start: String(this.start ?? 0n), duration: 0, sessions: open.length, leftOut: 0, groups: [] };
    this.places ??= 0;
    this.index(this.time);
  }

  /** Another capture begins: its connections are numbered from 1 again, its times count from its own start. */
  restart() {
    this.lose('the server was restarted');
    this.numbers.clear();
    this.run++;
  }

  /** Events are missing, perhaps the ends of sessions. A session counts as open again when more of it arrives. */
  miss() {
    this.lose('events are missing');
  }

  /** Records that open sessions may have ended. */
  lose(why) {
    for (const session of this.numbers.values()) {
      if (session.isOpen) Object.assign(session, { isOpen: false, group: LOST, mark: 'lost', text: `not known: ${why}`, to: this.last, duration: this.last - session.from });
    }
  }

  extent() {
    const low = this.n ? this.time[this.order[0]] : 0;
    return [low, Math.max(this.last, low + 1e6), this.sessions.reduce((most, s) => Math.max(most, (s.to ?? this.last) - s.from), 1000)];
  }

  /** The session of an event. The server may no longer hold its beginning. */
  sessionOf(event, at) {
    let session = this.numbers.get(event.connection);
    if (session && !session.isOpen) Object.assign(session, { isOpen: true, group: OPEN, mark: 'open', text: 'open', to: null });
    if (!session) {
      if (this.numbers.size >= mostOpen) {
        const [connection, oldest] = this.numbers.entries().next().value;
        Object.assign(oldest, { isOpen: false, group: LOST, mark: 'lost', text: 'not known: too many are open' });
        this.numbers.delete(connection);
      }
      session = {
        place: this.places++, connection: event.connection, number: (this.run > 1 ? `${this.run}.` : '') + event.connection, client: '', server: '', url: '', mark: 'open', text: 'open',
        from: at, to: null, duration: 0, group: OPEN, ping: null, silence: null, frames: [0, 0], bytes: [0, 0], findings: [0, 0, 0],
        isOpen: true, upgrade: { kind: 'unseen' }, events: [],
      };
      this.numbers.set(event.connection, session);
      this.sessions.push(session);
      this.bySession.set(session.place + 1, session);
      this.byNumber.set(session.number, session);
      this.meta.sessions++;
    }
    return session;
  }

  /** Adds an event. */
  add(event) {
    if (event.event === 'capture') {
      const start = instant(event.time);
      this.start ??= start;
      this.runBase = Number(start - this.start);
      this.meta.start = String(this.start);
      return;
    }
    let at = this.runBase + nanoseconds(event.elapsed ?? 0), packet = event.packet;
    this.last = Math.max(this.last, at);
    if (!Object.hasOwn(LiveReport.receivers, event.event)) return;
    if (event.origin_time) {
      at = Number(instant(event.origin_time) - this.start);
      packet = event.origin_packet;
    }
    const session = event.connection == null ? null : this.sessionOf(event, at);
    const side = event.from === 'server' ? ofServer : event.from ? 0 : ofNobody;
    LiveReport.receivers[event.event].call(this, event, session, { at, packet, side });
  }

  static receivers = {
    connection(event, session, { at }) {
      Object.assign(session, { client: address(event.client), server: address(event.server), from: at, upgrade: { kind: event.opened === 'handshake' ? 'pending' : 'unseen' } });
      this.detail(event, session);
    },
    handshake(event, session, { at, packet }) {
      session.url = cut(event.url ?? '');
      session.upgrade = { kind: event.accepted ? 'accepted' : event.status !== null ? 'refused' : event.answer_missing ? 'missing' : 'silent', status: event.status };
      this.detail(event, session);
      this.addText(OPENING | ofNobody, at, packet, session, `${session.url || 'request not captured,'} ${event.status !== null ? 'answered by ' + event.status : event.accepted || event.answer_missing ? 'answer not captured' : 'never answered'}`);
    },
    message(event, session, place) {
      const side = place.side ? 1 : 0, isText = event.opcode === 'text';
      session.frames[side] += event.frames;
      session.bytes[side] += event.length ?? 0;
      const flags = (event.complete ? 0 : flag.incomplete) | (event.compressed ? flag.compressed : 0) | (event.payload !== undefined ? flag.text : 0);
      this.addPayload(event, session, place, isText ? 1 : 2, flags, event.wire_length, event.frames);
    },
    frame(event, session, place) {
      const side = place.side ? 1 : 0;
      session.frames[side]++;
      session.bytes[side] += event.length;
      this.addPayload(event, session, place, event.opcode_value, event.missing ? flag.incomplete : 0, event.round_trip == null ? 0 : nanoseconds(event.round_trip) + 1, 1);
    },
    finding(event, session, { at, packet, side }) {
      const rank = findingKinds[event.severity] - NOTE, text = `${event.rule}: ${event.text} (${event.reference})`;
      if (session) session.findings[rank]++;
      const rule = this.rules.get(event.rule);
      if (rule) rule.count++; else if (this.rules.size < mostRules) this.rules.set(event.rule, { ...event, count: 1, number: session?.number });
      this.addText(findingKinds[event.severity] | side, at, packet, session, text);
    },
    gap(event, session, { at, packet, side }) { this.addRow({ kind: GAP | side, at, packet, session, length: (event.length ?? -1) + 1 }); },
    resync(event, session, { at, packet, side }) { this.addRow({ kind: RESYNC | side, at, packet, session }); },
    delivery(event, session) { this.detail(event, session); },
    alert(event, session) { this.detail(event, session); },
    end(event, session, { at, packet }) {
      const { verdict, ready_states: states, close_events: told } = event;
      this.detail(event, session);
      Object.assign(verdict, { isAnswerHidden: !told[verdict.by], unanswered: event.tcp });
      const text = sentence(verdict, session.upgrade), common = sentence(verdict, session.upgrade, true), mark = outcome(verdict, session.upgrade);
      const closed = [...states.client, ...states.server].filter((s) => s.state === 'closed').map((s) => this.runBase + nanoseconds(s.elapsed));
      const began = states.client[0]?.state === 'connecting' ? this.runBase + nanoseconds(states.client[0].elapsed) : session.from;
      let group = this.ends.get(common);
      if (!group && this.ends.size < mostGroups) this.ends.set(common, group = { group: this.ends.size + 1, mark, text: common, count: 0, places: new Map() });
      if (group) {
        group.count++;
        const place = cut(`${session.server || address(event.server)} ${(event.url ?? '').replace(/^\w+:\/\/[^/]*/, '').replace(/[?#].*/, '')}`.trim());
        if (group.places.has(place) || group.places.size < 32) group.places.set(place, (group.places.get(place) ?? 0) + 1);
      }
      Object.assign(session, {
        text, mark, isOpen: false, client: address(event.client), server: address(event.server), url: session.url || cut(event.url ?? ''), from: Math.min(began, session.from),
        to: closed.length ? Math.min(...closed) : at, duration: nanoseconds(event.duration), group: group?.group ?? null, ping: nanoseconds(event.ping_round_trip.p50),
        silence: nanoseconds(verdict.silence), frames: [event.from_client.frames, event.from_server.frames], bytes: [event.from_client.payload_bytes, event.from_server.payload_bytes],
      });
      this.numbers.delete(event.connection);
      this.addText(END | ofNobody, at, packet, session, text);
    },
  };

  /** Keeps an event of a session, as a copy of its text, since a substring would keep the whole chunk in memory. */
  detail(event, session) {
    if (session.events.length >= mostDetails && event.event !== 'end') return;
    const text = JSON.stringify(event);
    if ((session.detail ?? 0) + text.length > mostDetail || this.details + text.length > mostOfDetails) return;
    session.detail = (session.detail ?? 0) + text.length;
    this.details += text.length;
    session.events.push(text);
  }

  addText(kind, at, packet, session, text) {
    const whole = encoder.encode(text), data = whole.subarray(0, payloadBytes);
    this.addRow({ kind, at, packet, session, flags: flag.text | (data.length < whole.length ? flag.cut : 0), data });
  }

  addPayload(event, session, { at, packet, side }, kind, flags, extra, frames) {
    let data = event.payload !== undefined ? encoder.encode(event.payload) : event.payload_base64 ? fromBase64(event.payload_base64) : null;
    if (event.inferred) flags |= flag.inferred;
    if (event.payload_truncated || data?.length > payloadBytes) flags |= flag.cut;
    if (event.payload_withheld) flags |= Math.max(reasons.indexOf(event.payload_withheld), 0) << 4;
    if (data?.length > payloadBytes) data = data.subarray(0, payloadBytes);
    this.addRow({ kind: kind | side, at, packet, session, flags, length: (event.length ?? -1) + 1, extra, frames, data: data?.length ? data : null });
  }

  addRow({ kind, at, packet, session, flags = 0, length = 0, extra = 0, frames = 0, data = null }) {
    if (this.n === mostRows) this.drop();
    let block = this.payloads.at(-1);
    if (!block || block.used + (data?.length ?? 0) > blockBytes || this.n - block.first >= blockRows) {
      if (block) block.end = this.n;
      if (this.payloads.length === mostBlocks) this.drop();
      block = { first: this.n, end: this.n, used: 0, data: new Uint8Array(blockBytes), opening: Promise.resolve() };
      this.payloads.push(block);
    }
    const row = this.n++;
    block.end = this.n;
    this.offset[row] = block.used;
    if (data) { block.data.set(data, block.used); block.used += data.length; }
    const values = [kind, flags, session ? session.place + 1 : 0, at, packet, length, extra, frames, data ? data.length + 1 : 0];
    columns.forEach(([name], place) => { this[name][row] = values[place]; });
  }

  /** Removes the oldest block of rows. */
  drop() {
    const cut = this.payloads.shift().end;
    for (const [name] of [...columns, ['offset']]) this[name].copyWithin(0, cut, this.n);
    for (const block of this.payloads) { block.first -= cut; block.end -= cut; }
    this.n -= cut;
    this.gone += cut;
    this.cut = (this.cut ?? 0) + cut;
  }

  /** Prepares what is shown. */
  update() {
    if (this.sessions.length > mostSessions) {
      let many = this.sessions.length - mostSessions;
      this.sessions = this.sessions.filter((session) => {
        if (session.isOpen || many <= 0 || session.number === state.s) return true;
        many--;
        this.forgotten++;
        this.details -= session.detail ?? 0;
        if (this.numbers.get(session.connection) === session) this.numbers.delete(session.connection);
        this.bySession.delete(session.place + 1);
        this.byNumber.delete(session.number);
        return false;
      });
    }
    this.index(this.time);
    for (const session of this.sessions) if (session.isOpen) { session.to = this.last; session.duration = this.last - session.from; }
    this.meta.duration = this.last;
    const others = [[OPEN, 'open'], [LOST, 'end not known']].map(([group, text]) => ({ group, text, count: this.sessions.filter((session) => session.group === group).length }));
    this.meta.groups = [...this.ranked, ...others.filter(({ count }) => count)];
  }

  get ranked() {
    return [...this.ends.values()].sort((a, b) => badness.indexOf(a.mark) - badness.indexOf(b.mark) || b.count - a.count);
  }

  async eventsOf(session) { return session.events.map((line) => JSON.parse(line)); }
}
