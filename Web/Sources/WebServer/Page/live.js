// The entry point: follows the server's events, and draws those that are held. A saved page is an ordinary report.
import { $, h, bytes, plural, visible } from './text.js';
import { Report } from './report.js';
import { legend } from './sessions.js';
import { change, state } from './state.js';
import { view } from './view.js';
import { LiveReport } from './events.js';
import { saved } from './save.js';

/** The least time between two paintings: in milliseconds, and as a multiple of the time that the last one took. */
const pace = 250, ease = 4;
/** Milliseconds before the server is asked again: the first time, and at most. */
const soon = 500, late = 10000;

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

class Live {
  constructor() {
    Object.assign(this, { report: new LiveReport(), next: 0, run: '', dropped: 0, unusable: 0, broken: 0, batch: [], isPaused: false, isNew: true, rates: [] });
    this.parts = view(this.report);
    $('pause').addEventListener('click', () => this.pause(!this.isPaused));
    $('clear').addEventListener('click', () => this.clear());
    $('save').addEventListener('click', () => this.save());
    $('follow').addEventListener('change', () => { this.isNew = true; });
    this.follow();
    this.paint();
  }

  pause(isPaused) {
    this.isPaused = isPaused;
    $('pause').setAttribute('aria-pressed', isPaused);
    this.resume?.();
    this.say(isPaused ? 'Paused. The server goes on, and keeps the latest events.' : 'Following.');
  }

  clear() {
    this.report.clear();
    this.dropped = 0;
    change({ m: null, s: null, g: null, z: null });
    this.isNew = true;
  }

  async save() {
    this.report.update();
    const url = URL.createObjectURL(new Blob(await saved(this.report), { type: 'text/html' }));
    h('a', { href: url, download: `wstap-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.html` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  }

  say(text) {
    if ($('connection').textContent !== text) $('connection').textContent = text;
  }

  /** Requests events until the capture is over; tries again whenever the server cannot be reached. */
  async follow() {
    for (let wait = soon; ; wait = Math.min(wait * 2, late)) {
      try {
        const response = await fetch(`events?after=${this.next}&run=${this.run}`, { cache: 'no-store' });
        if (response.status === 403) {
          this.say('The server was started again with another token: open the address that it prints. What is shown here stays.');
        } else if (response.ok) {
          wait = soon;
          await this.read(response.body.getReader());
        }
      } catch { /* The server cannot be reached: the page says so, and tries again. */ }
      if (this.hasEnded) return this.say('The capture has ended.');
      if (!this.isPaused && !$('connection').textContent.startsWith('The server was started again with')) this.say('The server is gone. What is shown here stays; trying again …');
      await sleep(wait);
    }
  }

  async read(reader) {
    const decoder = new TextDecoder();
    this.batch = [];
    let rest = '';
    for (;;) {
      // Not reading makes the server wait with this page's response only.
      while (this.isPaused) await new Promise((resolve) => { this.resume = resolve; });
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop();
      for (const line of lines) this.take(JSON.parse(line));
      if (this.hasEnded) return reader.cancel();
    }
  }

  take(event) {
    this.isNew = true;
    if (event.event === 'server') {
      if (event.run !== this.run) {
        if (this.run) this.report.restart(); else this.report.run = 1;
        this.say(this.run ? `The server was started again at ${new Date().toLocaleTimeString()}; following the new capture.` : 'Following.');
        this.next = 0;
      } else this.say('Following.');
      this.run = event.run;
    } else if (event.event === 'status') {
      this.apply();
      Object.assign(this, { next: event.next, hasEnded: event.ended, unusable: event.unusable });
      this.rates = [...this.rates, [performance.now(), event.frames, event.bytes]].slice(-20);
      if (this.rates[0][1] > event.frames) this.rates = [];
    } else this.batch.push(event);
  }

  /** Adds complete batches; one without its status will come again. */
  apply() {
    for (const event of this.batch) {
      try {
        if (event.event === 'dropped') { this.dropped += event.lines; if (event.sessions) this.report.miss(); } else this.report.add(event);
      } catch { this.broken++; }
    }
    this.batch = [];
  }

  /** Draws what is new, but not so often that the page no longer responds. */
  async paint() {
    for (;;) {
      const start = performance.now();
      if (this.isNew && !document.hidden && !this.isPaused) this.draw();
      await sleep(Math.max(pace, (performance.now() - start) * ease));
    }
  }

  draw() {
    const { report, parts: { charts, sessions, messages } } = this, { grid } = messages;
    const gone = report.cut ?? 0;
    this.isNew = false;
    report.cut = 0;
    if (gone) this.shift(gone);
    report.update();
    charts.order();
    charts.draw();
    const choices = JSON.stringify(report.meta.groups.map((group) => [group.group, group.count]));
    if (choices !== this.choices && document.activeElement !== $('group')) { sessions.choices(); this.choices = choices; }
    const one = report.byNumber.get(state.s), events = one ? `${one.number} ${one.events.length} ${one.text}` : '';
    if (events !== this.events) { this.events = events; sessions.one(); }
    sessions.list(true);
    const wasAt = messages.shown.length;
    messages.list(true).then(() => {
      if ($('follow').checked && (gone || messages.shown.length !== wasAt)) grid.moveTo(grid.most);
    });
    legend(report);
    this.facts();
  }

  /** Removed rows were the first ones, so the others have moved up. */
  shift(gone) {
    const { messages, charts } = this.parts, before = messages.shown.filter((row) => row < gone).length;
    messages.grid.top = Math.max(messages.grid.top - before * 28, 0);
    if (charts.marked != null) charts.marked = charts.marked < gone ? null : charts.marked - gone;
    if (state.m !== undefined) {
      if (Number(state.m) < gone) change({ m: null }); else state.m = String(state.m - gone);
    }
  }

  facts() {
    const { report } = this, groups = report.ranked, rates = this.rates, [first, last] = [rates[0], rates.at(-1)];
    const time = last ? (last[0] - first[0]) / 1000 : 0, rate = (i) => (last[i] - first[i]) / time;
    $('rate').textContent = time > 0.5 ? `${Math.round(rate(1)).toLocaleString('en')} frames/s, ${bytes(Math.round(rate(2)))}/s of trace` : '';
    const lost = [this.dropped && `${plural(this.dropped, 'event')} came too fast for this page, or while it was paused, and are missing`,
      report.gone && `the oldest ${plural(report.gone, 'row')} are no longer shown`, report.forgotten && `${plural(report.forgotten, 'session')} that ended are no longer listed`,
      this.unusable + this.broken > 0 && `${plural(this.unusable + this.broken, 'line')} of the trace could not be used`].filter(Boolean).join('; ');
    if ($('lost').textContent !== lost) $('lost').textContent = lost;
    $('why').replaceChildren(...groups.map((group) => h('li', { class: group.mark }, h('a', { href: '#g=' + group.group }, h('b', {}, group.count), ' × ' + visible(group.text)),
      h('ul', {}, [...group.places].sort((a, b) => b[1] - a[1]).slice(0, 5).map(([place, count]) => h('li', {}, visible(count === group.count ? place : `${count} × ${place}`)))))));
    if (!groups.length) $('why').append(h('li', {}, 'None has ended yet.'));
    $('rules').parentElement.hidden = !report.rules.size;
    $('rules').replaceChildren(...[...report.rules.values()].map((rule) => h('li', {}, h('b', { class: rule.severity }, `${rule.count} × ${rule.severity}`),
      visible(` ${rule.rule} (${rule.reference}), ${rule.count > 1 ? 'first ' : ''}${rule.number ? `#${rule.number}, ` : ''}packet ${rule.packet}: ${rule.text}`))));
    const open = report.sessions.filter((session) => session.isOpen).length;
    $('totals').replaceChildren(...[['sessions', `${report.meta.sessions.toLocaleString('en')}, ${open.toLocaleString('en')} open`],
      ['frames', (last?.[1] ?? 0).toLocaleString('en')], ['rows held', report.n.toLocaleString('en')]].flatMap(([name, text]) => [h('dt', {}, name), h('dd', {}, text)]));
  }
}

if (document.querySelector('[data-block=meta]')) view(await Report.read(document));
else new Live();
