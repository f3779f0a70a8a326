// The table of sessions, and all that is known of one.
import { Grid } from './grid.js';
import { $, h, svg, bytes, duration, plural, seconds, visible } from './text.js';
import { NOTE, ERROR } from './report.js';
import { change, state, watch } from './state.js';
import { mark, outcomes } from './charts.js';

const order = {
  number: (s) => s.place, ended: (s) => s.text, url: (s) => s.url, duration: (s) => s.duration, fc: (s) => s.frames[0], fs: (s) => s.frames[1],
  bc: (s) => s.bytes[0], bs: (s) => s.bytes[1], ping: (s) => s.ping ?? -1, silence: (s) => s.silence ?? -1,
  findings: (s) => s.findings[2] * 1e12 + s.findings[1] * 1e6 + s.findings[0],
};

/** The largest size among points of a plot; too many for the arguments of one call. */
const maximum = (values, least = 0) => values.reduce((most, v) => Math.max(most, v[1]), least);

/** The shape and colour of an outcome, for a legend. */
export function badge(outcome) {
  const canvas = h('canvas', { width: 16, height: 16, 'aria-hidden': 'true' });
  mark(canvas.getContext('2d'), outcome, 8, 8);
  return canvas;
}

export class Sessions {
  constructor(report) {
    this.report = report;
    const num = 'num', x = 'num x';
    this.grid = new Grid($('sessions'), {
      label: 'Sessions', sort: (name) => change({ o: state.o === name ? '-' + name : name }),
      choose: (index) => change({ s: state.s === this.shown[index].number ? null : this.shown[index].number, m: null }),
      columns: [['#', 'number', ''], ['Ended', 'ended', 'wrap'], ['URL', 'url', 'wrap y'], ['Duration', 'duration', num], ['→ frames', 'fc', num + ' y'], ['← frames', 'fs', num + ' y'],
        ['→ bytes', 'bc', x + ' y'], ['← bytes', 'bs', x + ' y'], ['Ping p50', 'ping', x + ' y'], ['Silence', 'silence', x + ' y'], ['Findings', 'findings', x + ' y']]
        .map(([name, sort, className]) => ({ name, sort, className })),
      fill: (index, cells, element) => {
        const s = this.shown[index];
        const texts = ['#' + s.number, s.text, s.url || `${s.client} → ${s.server}`, duration(s.duration), s.frames[0], s.frames[1], bytes(s.bytes[0]), bytes(s.bytes[1]),
          duration(s.ping), duration(s.silence), s.findings[0] + s.findings[1] + s.findings[2]];
        texts.forEach((text, i) => { cells[i].textContent = visible(String(text)); });
        cells[1].prepend(badge(s.mark));
        element.title = visible(s.text);
        element.setAttribute('aria-selected', s.number === state.s);
      },
    });
    const group = $('group');
    this.choices();
    group.addEventListener('change', () => change({ g: group.value }));
    const find = $('find');
    find.addEventListener('input', () => change({ find: find.value }));
    watch((keys) => {
      if (['g', 'find', 'o'].some((key) => keys.has(key))) this.list();
      if (keys.has('s')) { this.list(true); this.reveal(); this.one(); }
    });
    this.list();
    this.reveal();
    this.one();
  }

  /** The ways to end that there are to choose from. */
  choices() {
    $('group').replaceChildren(h('option', { value: '' }, 'in any way'),
      ...this.report.meta.groups.map((g) => h('option', { value: g.group }, `${g.count} × ${visible(g.text)}`)));
  }

  reveal() {
    const at = this.shown.findIndex((s) => s.number === state.s);
    if (at >= 0) this.grid.reveal(at);
  }

  list(keepsPlace) {
    const { report } = this, find = (state.find ?? '').toLowerCase(), group = state.g === undefined ? null : Number(state.g);
    $('group').value = state.g ?? '';
    const field = $('find');
    if (field.value !== (state.find ?? '')) field.value = state.find ?? '';
    this.shown = report.sessions.filter((s) => (group === null || s.group === group)
      && (!find || [s.url, s.client, s.server, s.text, '#' + s.number].some((text) => text.toLowerCase().includes(find))));
    const key = (state.o ?? '').replace('-', ''), way = state.o?.startsWith('-') ? -1 : 1, by = Object.hasOwn(order, key) && order[key];
    if (by) this.shown.sort((a, b) => way * (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0) || a.place - b.place);
    this.grid.headings.forEach((heading, i) => heading.setAttribute('aria-sort',
      this.grid.columns[i].sort !== key ? 'none' : way < 0 ? 'descending' : 'ascending'));
    const left = report.meta.sessions - report.sessions.length;
    $('found').textContent = `${this.shown.length.toLocaleString('en')} of ${plural(report.meta.sessions, 'session')}${left > 0 ? `; ${left} not kept` : ''}`;
    this.grid.show(this.shown.length, keepsPlace);
  }

  async one() {
    const box = $('one'), session = this.report.byNumber.get(state.s);
    box.hidden = !session;
    if (!session) return box.replaceChildren();
    const events = await this.report.eventsOf(session);
    if (state.s !== session.number) return;
    const rows = this.report.rowsOf(session.place + 1);
    box.replaceChildren(
      h('h3', {}, badge(session.mark), visible(` Session ${session.number}: ${session.text}`)),
      ...[this.facts(session, events), ...events.filter((e) => e.event === 'handshake').map((e) => this.handshake(e)),
        this.pings(rows), this.sizes(rows), this.deliveries(events), await this.findings(rows)].filter(Boolean));
  }

  facts(session, events) {
    const start = events.find((e) => e.event === 'connection'), end = events.find((e) => e.event === 'end');
    const packets = (list) => list.filter((p) => p != null).join(', ') || 'none';
    const facts = [['Ends', `${session.client} → ${session.server}`], ['URL', session.url || 'not captured']];
    if (start) {
      const { tcp } = start;
      facts.push(['TCP opened', tcp.syn_packet ? `packets ${packets([tcp.syn_packet, tcp.syn_ack_packet, tcp.ack_packet])}`
        + (tcp.connect_time == null ? '' : `, in ${duration(tcp.connect_time * 1e9)}`) : 'before the capture'], ['Community ID', start.community_id]);
    }
    if (start?.encrypted) facts.push(['TLS', Object.values(start.encrypted).filter((v) => typeof v === 'string').join(', ')]);
    if (end) {
      const { tcp, ready_states: states } = end;
      facts.push(['TCP closed', `FIN: ${packets(tcp.fin_packets)}; RST: ${packets([tcp.rst_packet])}`],
        ['TCP repairs', `${plural(tcp.retransmitted_segments, 'retransmitted segment')}, ${tcp.out_of_order_segments} out of order, ${bytes(tcp.gap_bytes)} missing`]);
      for (const role of ['client', 'server']) {
        facts.push([`readyState, ${role}`, states[role].map((s) => `${s.state} at ${s.elapsed.toFixed(6)} s`).join(', ')]);
        const told = end.close_events[role];
        facts.push([`${role[0].toUpperCase()}${role.slice(1)} sees`, told ? `${told.code} ${told.name}${told.reason ? ` “${told.reason}”` : ''}${told.was_clean ? ', clean' : ''}` : 'nothing yet, or not captured']);
      }
    }
    return h('dl', {}, facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, visible(value))]));
  }

  handshake(event) {
    const fields = (list) => h('table', {}, list.map(([name, value]) => h('tr', {}, h('td', { class: 'dim' }, visible(name)), h('td', {}, visible(value)))));
    const { request_packet: packet, response_time: time } = event;
    const answer = event.status ? `answered by ${event.status} in packet ${event.response_packet}${time == null ? '' : `, after ${duration(time * 1e9)}`}`
      : event.answer_missing ? 'answer not captured' : 'never answered';
    return h('details', { open: true }, h('summary', {}, `Upgrade${packet ? ` in packet ${packet}` : ', request not captured'}, ${answer}`),
      fields(event.request_headers), h('p', { class: 'dim' }, 'Response'), fields(event.response_headers));
  }

  /** Points as little bars: `values` are [time, size, fromServer]. */
  plot(title, values, text) {
    if (!values.length) return null;
    const low = values[0][0], high = Math.max(values.at(-1)[0], low + 1), most = maximum(values, 1);
    const step = Math.ceil(values.length / 600);
    const bars = values.filter((_, i) => i % step === 0).map(([time, size, server]) => svg('rect', {
      x: (((time - low) / (high - low)) * 396).toFixed(1), y: (80 - (size / most) * 76).toFixed(1), width: 3, height: ((size / most) * 76 + 2).toFixed(1), fill: server ? 'var(--server)' : 'var(--client)' }));
    return h('figure', {}, h('figcaption', {}, `${title}: ${text(values)}`),
      svg('svg', { viewBox: '0 0 400 84', preserveAspectRatio: 'none', role: 'img', 'aria-label': title }, ...bars));
  }

  pings(rows) {
    const { report } = this;
    const trips = [...rows.subarray(0, 1e5)].filter((r) => report.what(r) === 10 && report.extra[r]).map((r) => [report.time[r], report.extra[r] - 1, report.side(r)]);
    return this.plot('Ping round trips', trips, (all) => `${all.length}, up to ${duration(maximum(all))}`);
  }

  sizes(rows) {
    const { report } = this;
    const sizes = [...rows.subarray(0, 1e5)].filter((r) => [1, 2].includes(report.what(r)) && report.length[r]).map((r) => [report.time[r], report.length[r] - 1, report.side(r)]);
    return this.plot('Message sizes', sizes, (all) => `${plural(all.length, 'message')}, up to ${bytes(maximum(all))}`);
  }

  deliveries(events) {
    const found = events.filter((e) => e.event === 'delivery');
    return found.length ? h('div', {}, h('h3', {}, 'Troubled deliveries'), h('ul', {}, found.slice(0, 50).map((e) => h('li', {},
      `message of packet ${e.message_packet} from the ${e.from}: ${plural(e.retransmissions, 'retransmission')}, ${e.acknowledged_packet
        ? `acknowledged by packet ${e.acknowledged_packet}${e.acknowledged_after == null ? '' : ' after ' + duration(e.acknowledged_after * 1e9)}` : e.outcome}`)))) : null;
  }

  async findings(rows) {
    const { report } = this, found = [...rows].filter((r) => report.isFinding(r));
    if (!found.length) return null;
    const items = [];
    for (const row of found.slice(0, 200)) {
      if (report.kept[row]) await report.open(report.block(row));
      const text = new TextDecoder().decode(report.payload(row) ?? new Uint8Array());
      const severity = ['note', 'warning', 'error'][report.what(row) - NOTE];
      items.push(h('li', {}, h('b', { class: severity }, severity), ` packet ${report.packet[row]}, ${seconds(report.time[row])} s: ${visible(text)}`));
    }
    if (found.length > items.length) items.push(h('li', {}, `and ${found.length - items.length} more among the messages`));
    return h('div', {}, h('h3', {}, 'Findings'), h('ul', {}, items));
  }
}

/** What the marks of the lanes mean, as far as they occur. */
export function legend(report) {
  const seen = new Set(report.sessions.map((s) => s.mark));
  $('marks').replaceChildren(...Object.entries(outcomes).filter(([name]) => seen.has(name)).map(([name, [text]]) => h('span', {}, badge(name), text)));
}
