// The list of messages and control frames, with findings and gaps between them, and the payload of one.
import { Grid } from './grid.js';
import { $, h, bytes, duration, hex, numberIn, plural, pretty, seconds, textOf, visible, wall } from './text.js';
import { names, withheld, NOTE, ERROR, GAP, RESYNC, OPENING, END } from './report.js';
import { change, state, watch } from './state.js';

const labels = { [NOTE]: 'note', [NOTE + 1]: 'warning', [ERROR]: 'error', [GAP]: 'gap', [RESYNC]: 'resync', [OPENING]: 'upgrade', [END]: 'end' };
const fields = { from: 'from', kind: 'kind', min: 'min', max: 'max', search: 'q', clock: 't' };
const views = ['text', 'json', 'hex'];

/** The code and the reason of a Close frame. */
const closing = (data) => `${data[0] * 256 + data[1]} ${textOf(data.subarray(2)) ?? '(reason not UTF-8)'}`;

export class Messages {
  constructor(report, charts) {
    Object.assign(this, { report, charts, shown: new Uint32Array(), search: 0 });
    const again = () => { cancelAnimationFrame(this.frame); this.frame = requestAnimationFrame(() => this.grid.paint()); };
    this.grid = new Grid($('messages'), {
      label: 'Messages', follows: true,
      choose: (index) => change({ m: this.shown[index] }),
      pass: (index) => charts.show(index < 0 ? this.chosen : this.shown[index], true),
      columns: [['Time', 'num'], ['Session', 'y'], ['⇄', 'way'], ['Kind', ''], ['Bytes', 'num z'], ['Payload', '']].map(([name, className]) => ({ name, className })),
      fill: (index, cells, element) => {
        const row = this.shown[index], kind = report.what(row), session = report.bySession.get(report.session[row]);
        const server = report.side(row), from = report.kind[row] & 64 ? '' : server ? '←' : '→';
        const text = [this.time(row, index), session ? '#' + session.number : '', from, this.label(row), kind < NOTE || kind === GAP ? this.size(row) : '', this.preview(row, again)];
        text.forEach((value, i) => { if (cells[i].textContent !== value) cells[i].textContent = value; });
        cells[2].className = 'way ' + (from && (server ? 's' : 'c'));
        cells[3].className = kind >= NOTE && kind <= ERROR ? labels[kind] : '';
        element.setAttribute('aria-selected', row === this.chosen);
      },
    });
    for (const [id, key] of Object.entries(fields)) {
      const field = $(id);
      field.addEventListener(id === 'search' ? 'input' : 'change', () => change({ [key]: field.value }));
    }
    const beats = $('beats');
    beats.addEventListener('change', () => change({ hb: beats.checked ? null : 0 }));
    $('scope').addEventListener('click', () => change({ s: null }));
    watch((keys) => {
      if (keys.has('t')) { this.grid.root.classList.toggle('wall', state.t === 'wall'); this.grid.paint(); }
      if (['from', 'kind', 'min', 'max', 'q', 'hb', 's', 'z'].some((key) => keys.has(key))) this.list();
      if (keys.has('m') || keys.has('v')) this.choose(keys.has('m'));
    });
    this.list();
    this.grid.root.classList.toggle('wall', state.t === 'wall');
    new ResizeObserver(() => this.fit()).observe($('pane'));
  }

  get chosen() {
    const row = Number(state.m);
    return Number.isInteger(row) && row >= 0 && row < this.report.n ? row : null;
  }

  time(row, index) {
    const { report } = this;
    if (state.t === 'wall') return wall(report.start, report.time[row]);
    if (state.t === 'delta') return index ? (report.time[row] < report.time[this.shown[index - 1]] ? '' : '+') + seconds(report.time[row] - report.time[this.shown[index - 1]]) : '';
    return seconds(report.time[row]);
  }

  label(row) {
    const kind = this.report.what(row);
    return labels[kind] ?? names[kind] ?? 'opcode ' + kind;
  }

  size(row) { return this.report.length[row] ? bytes(this.report.length[row] - 1) : '?'; }

  preview(row, again) {
    const { report } = this, data = report.payload(row, again);
    if (data === undefined) return '…';
    if (data === null) return this.absence(row);
    const part = data.subarray(0, 300);
    const isClose = report.what(row) === 8 && part.length > 1;
    const text = report.flags[row] & 128 ? textOf(part) : isClose ? closing(part) : null;
    return text === null ? [...part.subarray(0, 48)].map((b) => b.toString(16).padStart(2, '0')).join(' ') : visible(text).replace(/\s+/g, ' ');
  }

  /** Why there is no payload. */
  absence(row) {
    const { report } = this, kind = report.what(row), why = withheld[(report.flags[row] >> 4) & 7];
    if (kind === GAP) return 'bytes that the capture does not hold';
    if (kind === RESYNC) return 'decoding goes on';
    if (why) return `not shown: ${why}`;
    return kind < NOTE && report.length[row] !== 1 ? 'left out of this report' : '';
  }

  /** Lists the rows that pass; `keepsPlace` if there are only more of them. */
  async list(keepsPlace) {
    const { report } = this, session = report.byNumber.get(state.s), turn = ++this.search;
    for (const [id, key] of Object.entries(fields)) {
      const field = $(id), value = state[key] ?? (id === 'clock' ? 'rel' : '');
      if (field.value !== value) field.value = value;
    }
    const beats = $('beats').checked = state.hb !== '0';
    const scope = $('scope');
    scope.hidden = !session;
    scope.textContent = session ? `Session ${session.number} ✕` : '';
    const least = numberIn($('min')), most = numberIn($('max'));
    const [low, high] = state.z ? this.charts.range : [-Infinity, Infinity];
    const side = state.from === 'c' ? 0 : state.from === 's' ? 128 : null, kind = state.kind, opcode = names.indexOf(kind);
    let rows = (session ? report.rowsOf(session.place + 1) : report.order).filter((row) => {
      const k = report.kind[row], what = k & 63, size = report.length[row] - 1;
      return (side === null || (k & 192) === side) && (beats || (what !== 9 && what !== 10))
        && (!kind || (kind === 'find' ? what >= NOTE && what <= ERROR : kind === 'gap' ? what === GAP : what === opcode))
        && (least === null || (what < NOTE && size >= least)) && (most === null || (what < NOTE && size <= most))
        && report.time[row] >= low && report.time[row] <= high;
    });
    if (state.q) {
      if (!keepsPlace) $('count').textContent = 'searching…';
      rows = await report.search(state.q, rows, () => turn === this.search);
      if (!rows || turn !== this.search) return;
    }
    this.shown = rows;
    const lost = report.meta.leftOut ? `; ${plural(report.meta.leftOut, 'payload')} left out` : '';
    $('count').textContent = (state.q ? plural(rows.length, 'match').replace('matchs', 'matches') : `${plural(rows.length, 'row')} of ${report.n.toLocaleString('en')}`) + lost;
    this.grid.show(rows.length, keepsPlace);
    if (!keepsPlace) this.choose(true);
  }

  async choose(reveals) {
    const { report, chosen } = this, pane = $('pane');
    if (reveals && chosen !== null) {
      const at = this.shown.indexOf(chosen);
      if (at >= 0) this.grid.reveal(at);
    }
    this.grid.paint();
    this.charts.show(chosen);
    this.dump = null;
    if (chosen === null) return pane.replaceChildren(h('p', { class: 'dim' }, 'Select a message to see its payload.'));
    if (report.kept[chosen]) await report.open(report.block(chosen));
    if (chosen !== this.chosen) return;
    const row = chosen, kind = report.what(row), flags = report.flags[row], data = report.payload(row);
    const from = report.kind[row] & 64 ? '' : report.side(row) ? ' from the server' : ' from the client';
    const facts = [`packet ${report.packet[row]}`, `${seconds(report.time[row])} s`, wall(report.start, report.time[row]) + ' UTC'];
    if (kind < NOTE) facts.push(report.length[row] ? plural(report.length[row] - 1, 'byte') : 'length not known');
    if (kind < 8 && report.frames[row] > 1) facts.push(plural(report.frames[row], 'frame'));
    if (kind === 10 && report.extra[row]) facts.push(`answers a Ping after ${duration(report.extra[row] - 1)}`);
    if (flags & 2) facts.push(`compressed to ${plural(report.extra[row], 'byte')}`);
    if (flags & 1) facts.push('incomplete');
    if (flags & 4) facts.push('its place was inferred');
    if (flags & 8) facts.push(`the first ${plural(report.kept[row] - 1, 'byte')} shown`);
    const isClose = kind === 8 && data?.length > 1;
    const text = data && (isClose ? closing(data) : textOf(data)), json = text && pretty(text);
    const view = views.includes(state.v) ? state.v : text === null || !(flags & 128 || isClose) ? 'hex' : json ? 'json' : 'text';
    const isHex = data && view === 'hex';
    const body = !data ? this.absence(row) : isHex ? '' : view === 'json' ? json && visible(json) : text === null ? null : visible(text);
    pane.replaceChildren(
      h('h3', {}, this.label(row) + from), h('p', { class: 'dim' }, facts.join(' · ')),
      h('div', { class: 'bar', role: 'group', 'aria-label': 'Show as' }, views.map((name) => {
        const button = h('button', { 'aria-pressed': String(name === view) }, name === 'json' ? 'JSON' : name);
        button.addEventListener('click', () => change({ v: name }));
        return button;
      })),
      h('pre', { tabindex: 0, 'aria-label': 'Payload', class: isHex && 'hex' }, body ?? (view === 'json' ? 'not JSON' : 'not UTF-8')));
    this.dump = isHex ? data : null;
    this.wide = null;
    this.fit();
  }

  /** Writes a hex dump with as many bytes a line as the pane has room for. */
  fit() {
    const pre = this.dump && $('pane').querySelector('pre');
    if (!pre || (this.wide && $('pane').offsetWidth === this.room)) return;
    this.room = $('pane').offsetWidth;
    const fits = (wide) => { pre.textContent = hex(this.dump.subarray(0, wide), wide); return pre.scrollWidth <= pre.clientWidth; };
    this.wide = [16, 8].find(fits) ?? 4;
    pre.textContent = hex(this.dump, this.wide);
  }
}
