// Saves what the page holds as a report: one HTML file that opens from disk, as wstap --format html writes it (docs/report.md).
import { $ } from './text.js';
import { columns } from './report.js';

const rowsOfBlock = 32768, detailBytes = 1 << 18;
/** The report's elements before anything is drawn. */
const elements = $('off').outerHTML + '\n' + $('app').outerHTML;

const utf8Bytes = (text) => new TextEncoder().encode(text);

function toBase64(data) {
  if (data.toBase64) return data.toBase64();
  let text = '';
  for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
  return btoa(text);
}

async function dataBlock(kind, data, first) {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream('deflate'));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  return `<script type="application/octet-stream" data-block="${kind}"${first === undefined ? '' : ` data-first="${first}"`}>${toBase64(packed)}<\/script>\n`;
}

/** Rows as columns of byte planes (RowColumns.swift). */
function packedRows(report, from, to) {
  const n = to - from, parts = [Uint8Array.of(n & 255, (n >> 8) & 255, n >> 16, 0)];
  for (const [name] of columns) {
    let values = report[name].slice(from, to);
    if (name === 'time' || name === 'packet') {
      values = values.map((value, i) => {
        const step = i ? value - report[name][from + i - 1] : value;
        return step < 0 ? -2 * step - 1 : 2 * step;
      });
    }
    const most = values.reduce((a, b) => Math.max(a, b), 0), width = most ? Math.floor(Math.log2(most) / 8 + 1e-9) + 1 : 0;
    const data = new Uint8Array(1 + width * n);
    data[0] = width;
    for (let plane = 0, weight = 1; plane < width; plane++, weight *= 256) {
      for (let i = 0; i < n; i++) data[1 + plane * n + i] = Math.floor(values[i] / weight) % 256;
    }
    parts.push(data);
  }
  return new Blob(parts).arrayBuffer();
}

/** The report as parts of a file. */
export async function saved(report) {
  const blocks = [], details = [[]], text = (lines) => utf8Bytes(lines.map((line) => line + '\n').join(''));
  for (let row = 0; row < report.n; row += rowsOfBlock) blocks.push(await dataBlock('rows', await packedRows(report, row, Math.min(row + rowsOfBlock, report.n))));
  for (const { first, used, data } of report.payloads) if (used) blocks.push(await dataBlock('payloads', data.subarray(0, used), first));
  let size = 0;
  const sessions = report.sessions.map(({ isOpen, upgrade, events, connection, detail, ...session }) => {
    if (size > detailBytes) { details.push([]); size = 0; }
    for (const event of events) { details.at(-1).push(`${session.place}\t${event}`); size += event.length; }
    return JSON.stringify({ ...session, to: session.to ?? report.last, details: [details.length - 1] });
  });
  for (const lines of details) blocks.push(await dataBlock('details', text(lines)));
  blocks.push(await dataBlock('sessions', text(sessions)), await dataBlock('meta', text([JSON.stringify(report.meta)])));
  const meta = document.querySelector('meta[http-equiv]').cloneNode(), [icon, title, style, script] = ['link', 'title', 'style', 'script'].map((name) => document.querySelector(name).cloneNode(true));
  meta.content = meta.content.replace("; connect-src 'self'", '');
  title.textContent = 'A live capture – wstap';
  const facts = [...document.querySelectorAll('main > h1, main > section:has(.why), .facts')].map((element) => element.outerHTML);
  return ['<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n', meta.outerHTML, '\n<meta name="viewport" content="width=device-width, initial-scale=1">\n',
    '<meta name="generator" content="wstap">\n', icon.outerHTML, '\n', title.outerHTML, '\n', style.outerHTML, '\n</head>\n<body>\n', ...blocks, '<main>\n', facts.join('\n'), '\n', elements,
    '\n</main>\n', script.outerHTML, '\n</body>\n</html>\n'];
}
