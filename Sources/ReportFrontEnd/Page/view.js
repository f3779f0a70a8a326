// Draws a report, and draws it again as more of it becomes known.
import { $ } from './text.js';
import { Charts, repaint } from './charts.js';
import { Sessions, legend } from './sessions.js';
import { Messages } from './messages.js';
import { change, state, watch } from './state.js';

/** Shows a report; returns its parts. */
export function view(report) {
  $('off').remove();
  $('app').hidden = false;
  const charts = new Charts(report), sessions = new Sessions(report), messages = new Messages(report, charts);
  legend(report);
  const align = $('align');
  const follow = () => { align.value = state.a ?? 'time'; charts.draw(); };
  align.addEventListener('change', () => change({ a: align.value === 'time' ? null : align.value }));
  watch((keys) => {
    if (keys.has('g')) charts.order();
    if (['a', 'g', 'z', 's'].some((key) => keys.has(key))) follow();
  });
  follow();
  // Canvases take their colours when they are drawn.
  for (const query of ['(prefers-color-scheme: dark)', 'print']) {
    matchMedia(query).addEventListener('change', () => { repaint(); charts.draw(); legend(report); sessions.grid.paint(); });
  }
  document.documentElement.dataset.ready = Math.round(performance.now());
  return { charts, sessions, messages };
}
