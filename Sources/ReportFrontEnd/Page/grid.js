// A list of any length of which only the visible rows exist.
import { h } from './text.js';

const longest = 4e6;

export class Grid {
  /**
   * `columns` are {name, className, sort}; `fill(row, cells, element)` writes a row; `choose(row)` is called for a click or
   * Enter, `pass(row)` when the pointer is over one.
   */
  constructor(root, { label, columns, fill, choose, pass, sort, follows }) {
    Object.assign(this, { root, columns, fill, choose, pass, follows, count: 0, top: 0, at: 0, selected: -1, pool: [] });
    root.setAttribute('role', 'grid');
    root.setAttribute('aria-label', label);
    root.setAttribute('aria-colcount', columns.length);
    root.tabIndex = 0;
    this.headings = columns.map((column) => h('span', { role: 'columnheader', class: column.className },
      column.sort ? h('button', { 'data-sort': column.sort }, column.name) : column.name));
    this.head = h('div', { role: 'rowgroup', class: 'head' }, h('div', { role: 'row', 'aria-rowindex': 1 }, this.headings));
    this.view = h('div', { role: 'rowgroup', class: 'view' });
    this.rest = h('div', { 'aria-hidden': 'true' });
    root.append(this.head, this.view, this.rest);
    this.head.addEventListener('click', (event) => {
      const name = event.target.closest('button')?.dataset.sort;
      if (name) sort(name);
    });
    root.addEventListener('scroll', () => this.scrolled());
    root.addEventListener('keydown', (event) => this.key(event));
    this.view.addEventListener('click', (event) => {
      const row = event.target.closest('[role=row]');
      if (row) { this.at = row.index; choose(row.index); }
    });
    if (pass) {
      this.view.addEventListener('pointermove', (event) => pass(event.target.closest('[role=row]')?.index ?? -1));
      this.view.addEventListener('pointerleave', () => pass(-1));
    }
    new ResizeObserver(() => this.layOut()).observe(root);
  }

  get room() { return Math.max(this.root.clientHeight - 29, 0); }
  get most() { return Math.max(this.count * this.rowHeight - this.room, 0); }
  get track() { return Math.min(this.most, longest); }

  /** Shows so many rows, from the first or where it was. */
  show(count, keepsPlace) {
    this.count = count;
    this.at = keepsPlace ? Math.min(this.at, Math.max(count - 1, 0)) : 0;
    if (!keepsPlace) this.top = 0;
    this.root.setAttribute('aria-rowcount', count + 1);
    this.layOut();
  }

  layOut() {
    // Rows are higher where their texts need several lines.
    const height = parseFloat(getComputedStyle(this.root).getPropertyValue('--row'));
    this.top *= height / (this.rowHeight ?? height);
    this.rowHeight = height;
    this.root.style.maxHeight = Math.max(this.count * this.rowHeight, 84) + 33 + 'px';
    this.view.style.height = this.room + 'px';
    this.rest.style.height = this.track + 'px';
    this.moveTo(this.top);
  }

  moveTo(top) {
    this.top = Math.min(Math.max(top, 0), this.most);
    this.own = this.most ? Math.round((this.top / this.most) * this.track) : 0;
    this.root.scrollTop = this.own;
    this.paint();
  }

  /** A short way on a long list is taken row by row, though the bar stands for all rows. */
  scrolled() {
    const now = this.root.scrollTop;
    const way = now - (this.own ?? 0);
    if (!way) return;
    this.own = now;
    this.top = this.track === this.most || Math.abs(way) > this.room * 2 ? (now / (this.track || 1)) * this.most
      : Math.min(Math.max(this.top + way, 0), this.most);
    this.paint();
  }

  reveal(index) {
    this.at = index;
    const top = index * this.rowHeight;
    if (top < this.top) this.moveTo(top);
    else if (top + this.rowHeight > this.top + this.room) this.moveTo(top + this.rowHeight - this.room);
    else this.paint();
  }

  paint() {
    const first = Math.floor(this.top / this.rowHeight);
    const need = Math.min(Math.ceil(this.room / this.rowHeight) + 1, this.count - first);
    while (this.pool.length < need) {
      const cells = this.columns.map((column) => h('span', { role: 'gridcell', class: column.className }));
      const element = h('div', { role: 'row' }, cells);
      element.cells = cells;
      this.pool.push(element);
      this.view.append(element);
    }
    this.pool.forEach((element, place) => {
      element.hidden = place >= need;
      element.style.display = place >= need ? 'none' : '';
      if (place >= need) { element.removeAttribute('id'); return; }
      const index = element.index = first + place;
      element.id = `${this.root.id}-${index}`;
      element.setAttribute('aria-rowindex', index + 2);
      element.setAttribute('aria-selected', index === this.selected);
      element.classList.toggle('at', index === this.at);
      element.style.transform = `translateY(${index * this.rowHeight - this.top}px)`;
      this.fill(index, element.cells, element);
    });
    if (this.at >= first && this.at < first + need) this.root.setAttribute('aria-activedescendant', `${this.root.id}-${this.at}`);
    else this.root.removeAttribute('aria-activedescendant');
  }

  key(event) {
    if (event.target !== this.root || event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(Math.floor(this.room / this.rowHeight) - 1, 1);
    const way = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.count, End: this.count }[event.key];
    if (way !== undefined && this.count) {
      this.reveal(Math.min(Math.max(this.at + way, 0), this.count - 1));
      if (this.follows) this.choose(this.at);
    } else if ((event.key === 'Enter' || event.key === ' ') && this.count) this.choose(this.at);
    else return;
    event.preventDefault();
  }
}
