// Text for people, and elements made of text nodes only: nothing from a capture is ever parsed as markup.

/** The element with an id. */
export const $ = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value != null && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

/** Creates an element; children are nodes or text. */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** Creates an SVG element. */
export const svg = (tag, attributes, ...children) => fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

/** Nanoseconds as "0.09 ms" below a second, else "5.002 s", like the summary. */
export const duration = (ns) => (ns == null ? '–'
  : Math.abs(ns) < 999995000 ? (ns / 1e6).toFixed(2) + ' ms' : (ns / 1e9).toFixed(3) + ' s');

/** Bytes as "999 B", "1.2 kB", by powers of 1000, like the summary. */
export function bytes(count) {
  if (count == null) return '?';
  if (count < 1000) return count + ' B';
  let unit = -1;
  do { count /= 1000; unit++; } while (count >= 999.95 && unit < 4);
  return `${count.toFixed(1)} ${'kMGTP'[unit]}B`;
}

/** "1,234 messages". */
export const plural = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/** Nanoseconds since the capture began as seconds, to the microsecond. */
export const seconds = (ns) => (ns / 1e9).toFixed(6);

/** Nanoseconds since `start` (a BigInt since 1970) as UTC. */
export function wall(start, ns) {
  const time = start + BigInt(Math.round(ns)), second = 1000000000n;
  // Before 1970, too, a fraction counts from the second before it.
  const fraction = ((time % second) + second) % second;
  return new Date(Number((time - fraction) / 1000000n)).toISOString().slice(0, 19).replace('T', ' ') + '.' + String(fraction).padStart(9, '0').slice(0, 6);
}

/** Text with everything that hides, moves or reorders characters written out. */
export const visible = (text) => text.replace(
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu,
  (c) => (c === '\r' ? '␍' : `\\u{${c.codePointAt(0).toString(16)}}`));

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text if the bytes are UTF-8 up to a cut at their end, else null. */
export function textOf(data) {
  for (let cut = 0; cut < 4 && cut <= data.length; cut++) {
    try { return utf8.decode(data.subarray(0, data.length - cut)); } catch { /* a cut character, perhaps */ }
  }
  return null;
}

/** JSON with line breaks, its numbers and strings as they stand; null if it is none. */
export function pretty(text) {
  if (!/^\s*[[{]/.test(text)) return null;
  try { JSON.parse(text); } catch { return null; }
  let depth = 0;
  const line = () => '\n' + '  '.repeat(Math.min(depth, 40));
  return text.replace(/"(?:[^"\\]|\\.)*"|\s+|[{[]\s*[}\]]|[{}[\],:]/g, (token) => {
    if (/^\s/.test(token)) return '';
    if (/^[{[]\s*[}\]]$/.test(token)) return token[0] + token.at(-1);
    if (token === '{' || token === '[') { depth++; return token + line(); }
    if (token === '}' || token === ']') { depth--; return line() + token; }
    return token === ',' ? token + line() : token === ':' ? ': ' : token;
  });
}

/** A hex dump, so many bytes a line. */
export function hex(data, wide = 16) {
  const lines = [];
  for (let at = 0; at < data.length; at += wide) {
    const part = [...data.subarray(at, at + wide)];
    const digits = part.map((b) => b.toString(16).padStart(2, '0') + ' ');
    if (digits.length > 8) digits[7] += ' ';
    lines.push(`${at.toString(16).padStart(6, '0')}  ${digits.join('').padEnd(wide * 3 + (wide > 8 ? 1 : 0))} ${part.map((b) => (b > 31 && b < 127 ? String.fromCharCode(b) : '·')).join('')}`);
  }
  return lines.join('\n');
}

/** A number of decimal digits in a field, or null. */
export const numberIn = (input) => (/^\d+$/.test(input.value.trim()) ? Number(input.value) : null);
