// The time axis and the lanes, drawn on canvas. What they show stands in the tables too.
import { NOTE, ERROR, GAP, RESYNC, OPENING } from './report.js';
import { $, duration, plural } from './text.js';
import { change, state } from './state.js';

const cross = 'M-4-4l8 8m0-8l-8 8';

/** How sessions end: in words, in colour, in shape. */
export const outcomes = {
  failed: ['failed over a broken rule', '--error', cross + 'M-5-5h10v10h-10z'],
  reset: ['reset, or a TLS alert', '--error', cross],
  timeout: ['timed out', '--odd', 'M0-5l5 9h-10z'],
  refused: ['upgrade refused', '--error', cross + 'M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0'],
  fin: ['TCP closed, no Close frame', '--warning', 'M-4-4h8v8h-8z'],
  closed: ['closed, no answer seen', '--warning', 'M0-5l5 5l-5 5l-5-5z'],
  coded: ['closed, code not 1000 or 1001', '--warning', 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0M0-2.5v5'],
  open: ['still open', '--dim', 'M-3-4l5 4l-5 4'],
  lost: ['end not known', '--dim', 'M-4 0h8'],
  clean: ['closed cleanly', '--ok', 'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0'],
};
const solid = ['timeout', 'fin', 'closed', 'clean'];
const severities = ['--note', '--warning', '--error'];

let palette = {};

/** A colour of the style sheet; read once, since drawing asks for it thousands of times. */
const color = (name) => palette[name] ??= getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Forgets the colours, as light turns into dark. */
export function repaint() {
  palette = {};
}

function surface(canvas, width, height) {
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.height = height + 'px';
  const pen = canvas.getContext('2d');
  pen.scale(scale, scale);
  pen.clearRect(0, 0, width, height);
  return pen;
}

/** Draws how a session ended. */
export function mark(pen, outcome, x, y) {
  const [, hue, shape] = outcomes[outcome];
  pen.fillStyle = pen.strokeStyle = color(hue);
  pen.lineWidth = 2;
  pen.save();
  pen.translate(x, y);
  pen[solid.includes(outcome) ? 'fill' : 'stroke'](new Path2D(shape));
  pen.restore();
}

function hatch(pen, x, y, width, height) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.strokeStyle = color('--dim');
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (let at = x - height; at < x + width; at += 5) { pen.moveTo(at, y + height); pen.lineTo(at + height, y); }
  pen.stroke();
  pen.restore();
}

/** A text, cut to a width. */
function shorten(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  const letters = [...text];
  while (letters.length && pen.measureText(letters.join('') + '…').width > width) letters.pop();
  return letters.join('') + '…';
}

/** Ticks of a scale at round numbers of seconds. */
function scale(pen, from, to, width, y, height, left = 0) {
  pen.fillStyle = color('--dim');
  pen.strokeStyle = color('--line');
  pen.font = '11px system-ui, sans-serif';
  pen.lineWidth = 1;
  let step = 10 ** Math.ceil(Math.log10(Math.max(to - from, 1) / Math.max(width / 90, 1)));
  if (step / 5 >= (to - from) / (width / 90)) step /= 5; else if (step / 2 >= (to - from) / (width / 90)) step /= 2;
  const digits = Math.max(0, 9 - Math.floor(Math.log10(step)));
  let end = -Infinity;
  // Far from zero, a step may be less than numbers can tell apart.
  for (let at = Math.ceil(from / step) * step; at <= to && at + step > at; at += step) {
    const x = left + ((at - from) / (to - from || 1)) * width;
    pen.beginPath(); pen.moveTo(x, 0); pen.lineTo(x, height); pen.stroke();
    const text = (at / 1e9).toFixed(digits) + ' s';
    const long = pen.measureText(text).width, start = Math.min(x + 3, left + width - long);
    if (start > end + 4) { pen.fillText(text, start, y); end = start + long; }
  }
}

export class Charts {
  constructor(report) {
    this.report = report;
    this.axis = $('axis');
    this.box = $('lanes');
    [this.lanes, this.rest] = this.box.children;
    this.marked = null;
    this.spread = 1;
    this.order();
    this.box.addEventListener('scroll', () => this.drawLanes());
    this.lanes.addEventListener('click', (event) => {
      const item = this.items[Math.floor((event.offsetY + this.box.scrollTop - 16) / 16)];
      if (item?.place !== undefined) change({ s: item.number });
      else if (item) change({ g: item.group });
    });
    this.brush();
    new ResizeObserver(() => this.draw()).observe(this.axis);
    const click = (id, action) => $(id).addEventListener('click', action);
    const zoom = (factor, shift) => () => {
      const [from, to] = this.range, middle = (from + to) / 2 + shift * (to - from), half = ((to - from) / 2) * factor;
      this.zoom(middle - half, middle + half);
    };
    click('zin', zoom(0.5, 0)); click('zout', zoom(2, 0)); click('zleft', zoom(1, -0.5)); click('zright', zoom(1, 0.5));
    click('zall', () => change({ z: null }));
    click('wider', () => { this.spread = Math.min(this.spread * 2, 1); this.drawLanes(); });
    click('closer', () => { this.spread /= 2; this.drawLanes(); });
  }

  get range() {
    const [from, to] = (state.z ?? '').split('_').map((text) => Number(text) * 1e9);
    return to > from ? [from, to] : [this.low, this.high];
  }

  zoom(from, to) {
    const length = Math.min(Math.max(to - from, 1000), this.high - this.low);
    from = Math.min(Math.max(from, this.low), this.high - length);
    change({ z: length >= this.high - this.low ? null : `${(from / 1e9).toFixed(6)}_${((from + length) / 1e9).toFixed(6)}` });
  }

  /** Lanes stand in groups by verdict, the worst first. */
  order() {
    [this.low, this.high, this.longest] = this.report.extent();
    const groups = new Map(this.report.meta.groups.map((group) => [group.group, { ...group, sessions: [] }]));
    groups.set(null, { text: 'ended otherwise', group: null, sessions: [] });
    for (const session of this.report.sessions) {
      if (state.g !== undefined && session.group !== Number(state.g)) continue;
      // On the live page, the groups may be older than the sessions.
      (groups.get(session.group) ?? groups.get(null)).sessions.push(session);
    }
    this.items = [...groups.values()].flatMap((group) => (group.sessions.length ? [group, ...group.sessions] : []));
  }

  brush() {
    let start = null;
    const at = (event) => {
      const [from, to] = this.range;
      return from + (Math.min(Math.max(event.offsetX, 0), this.axis.clientWidth) / this.axis.clientWidth) * (to - from);
    };
    this.axis.addEventListener('pointerdown', (event) => { start = at(event); this.axis.setPointerCapture(event.pointerId); });
    this.axis.addEventListener('pointermove', (event) => { if (start !== null) { this.band = [start, at(event)]; this.drawAxis(); } });
    const stop = (event) => {
      const [a, b] = [start, at(event)], [from, to] = this.range;
      start = this.band = null;
      if (event.type === 'pointerup' && Math.abs(b - a) > (to - from) / 200) this.zoom(Math.min(a, b), Math.max(a, b));
      else this.drawAxis();
    };
    this.axis.addEventListener('pointerup', stop);
    this.axis.addEventListener('pointercancel', stop);
    this.axis.addEventListener('dblclick', () => change({ z: null }));
  }

  /** Marks a moment: of the row under the pointer, or the one that is selected. */
  show(row, isPassing) {
    const [from, to] = this.range, at = (this.report.time[row] - from) / (to - from), line = $('now');
    line.hidden = row == null || !(at >= 0 && at <= 1);
    line.style.transform = `translateX(${at * this.axis.clientWidth}px)`;
    if (isPassing) return;
    this.marked = row;
    this.drawLanes();
  }

  draw() {
    this.drawAxis();
    this.show(this.marked);
  }

  drawAxis() {
    const { report } = this, width = this.axis.clientWidth, height = 110, middle = 58, reach = 38;
    if (!width) return;
    const pen = surface(this.axis, width, height), [from, to] = this.range, px = width / (to - from);
    const chosen = state.s && report.byNumber.get(state.s)?.place + 1;
    const rows = chosen ? report.rowsOf(chosen) : report.order;
    const counts = [new Float64Array(width + 1), new Float64Array(width + 1)], finds = [], gaps = [], open = new Map();
    let total = 0;
    for (const row of rows) {
      const x = Math.floor((report.time[row] - from) * px), kind = report.what(row);
      if (kind === GAP) { open.set(report.session[row] * 2 + report.side(row), gaps.length); gaps.push([x, x + 6]); continue; }
      if (kind === RESYNC) {
        const gap = gaps[open.get(report.session[row] * 2 + report.side(row))];
        if (gap) gap[1] = Math.max(x, gap[1]);
      }
      if (x < 0 || x > width) continue;
      // What comes last stands at the edge, not behind it.
      if (kind < NOTE) { counts[report.side(row)][Math.min(x, width - 2)]++; total++; }
      else if (kind <= ERROR) finds[x] = Math.max(finds[x] ?? 0, kind - NOTE);
    }
    scale(pen, from, to, width, height - 2, height - 12);
    const most = Math.max(1, ...counts[0], ...counts[1]);
    counts.forEach((side, server) => {
      pen.fillStyle = color(server ? '--server' : '--client');
      for (let x = 0; x <= width; x++) {
        const size = side[x] && Math.max(2, Math.sqrt(side[x] / most) * reach);
        if (size) pen.fillRect(x, server ? middle + 1 : middle - size, most > 1 ? 1 : 2, size);
      }
    });
    pen.fillStyle = color('--fg');
    pen.fillRect(0, middle, width, 1);
    for (const [a, b] of gaps.slice(0, 5000)) {
      // Zoomed in, a gap may begin billions of pixels before the axis.
      const left = Math.max(a, 0);
      if (b >= 0 && a <= width) hatch(pen, left, middle - reach, Math.min(b, width) - left, 2 * reach);
    }
    finds.forEach((severity, x) => {
      pen.fillStyle = color(severities[severity]);
      pen.beginPath(); pen.moveTo(x - 4, 2); pen.lineTo(x + 4, 2); pen.lineTo(x, 6 + severity * 4); pen.fill();
    });
    if (this.band) {
      pen.globalAlpha = 0.25; pen.fillStyle = color('--client');
      pen.fillRect((Math.min(...this.band) - from) * px, 0, Math.abs(this.band[1] - this.band[0]) * px, height); pen.globalAlpha = 1;
    }
    const text = `${from ? duration(from) : 0} to ${duration(to)}: ${plural(total, 'message')} and control frames${chosen ? ' of session ' + state.s : ''}`;
    $('range').textContent = text;
    this.axis.setAttribute('aria-label', `Time axis, ${text}`);
  }

  drawLanes() {
    const { report, box } = this, width = box.clientWidth, line = 16, left = width < 500 ? 44 : 64;
    if (!width) return;
    const whole = this.items.length * line + 16, height = Math.min(whole, 352);
    // The box is as high as what is in it: that comes first, since lanes may have been added.
    this.rest.style.height = Math.max(whole - this.lanes.clientHeight, 0) + 'px';
    const room = Math.min(box.clientHeight || height, whole);
    const pen = surface(this.lanes, width, Math.max(room, 40));
    this.rest.style.height = Math.max(whole - Math.max(room, 40), 0) + 'px';
    const align = state.a ?? 'time', span = this.longest * this.spread * 1.02;
    const [from, to] = align === 'time' ? this.range : align === 'start' ? [0, span] : [-span, 0];
    const wide = width - left - 10, px = wide / (to - from);
    $('wider').hidden = $('closer').hidden = align === 'time';
    const first = Math.max(Math.floor((box.scrollTop - 16) / line), 0);
    pen.save();
    scale(pen, from, to, wide, 11, room, left);
    pen.restore();
    pen.font = '11px system-ui, sans-serif';
    for (let place = first; place < this.items.length && 16 + place * line - box.scrollTop < room; place++) {
      const item = this.items[place], y = 16 + place * line - box.scrollTop, middle = y + 8;
      if (y < 12) continue;
      if (item.place === undefined) {
        pen.fillStyle = color('--soft'); pen.fillRect(0, y, width, line);
        pen.fillStyle = color('--fg'); pen.fillText(shorten(pen, `${item.sessions.length} × ${item.text}`, width - 8), 4, y + 12);
        continue;
      }
      if (state.s === item.number) { pen.fillStyle = color('--sel'); pen.fillRect(0, y, width, line); }
      pen.fillStyle = color('--dim'); pen.fillText('#' + item.number, 4, y + 12, left - 8);
      const zero = align === 'time' ? 0 : align === 'start' ? item.from : item.to;
      const at = (time) => left + (time - zero - from) * px;
      const clip = (x) => Math.min(Math.max(x, left), left + wide);
      pen.fillStyle = color('--line'); pen.fillRect(clip(at(item.from)), middle, Math.max(clip(at(item.to)) - clip(at(item.from)), 1), 1);
      const last = [-1, -1];
      let gap = null;
      for (const row of report.rowsOf(item.place + 1)) {
        const x = at(report.time[row]), kind = report.what(row), side = report.side(row);
        if (kind === GAP) gap = x;
        if (x < left - 1 || x > left + wide + 1) continue;
        if (kind < NOTE) {
          if (x - last[side] < 0.7) continue;
          last[side] = x;
          pen.fillStyle = color(side ? '--server' : '--client');
          pen.fillRect(x, side ? middle + 1 : middle - 6, 1.5, 6);
        } else if (kind <= ERROR) {
          pen.fillStyle = color(severities[kind - NOTE]); pen.fillRect(x - 1, y, 3, 4);
        } else if (kind === GAP) hatch(pen, x, middle - 6, 6, 13);
        else if (kind === RESYNC && gap !== null) hatch(pen, Math.max(gap, left), middle - 6, Math.max(x - Math.max(gap, left), 6), 13);
        else if (kind === OPENING) { pen.fillStyle = color('--fg'); pen.fillRect(x - 1, middle - 3, 2, 7); }
      }
      const end = at(item.to);
      if (end >= left - 1 && end <= left + wide + 1) mark(pen, item.mark, Math.min(end, left + wide + 4), middle);
    }
    if (this.marked != null && align === 'time') {
      const x = left + (report.time[this.marked] - from) * px;
      if (x >= left) { pen.fillStyle = color('--fg'); pen.fillRect(x, 14, 2, room); }
    }
    this.lanes.setAttribute('aria-label', `${plural(report.sessions.length, 'session')} as lanes, grouped by verdict, aligned by ${align}; the table of sessions below has the same facts`);
  }
}
