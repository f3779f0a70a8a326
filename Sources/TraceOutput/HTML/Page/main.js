// Begins: reads the report, then draws it.
import { $ } from './text.js';
import { Report } from './report.js';
import { Charts, repaint } from './charts.js';
import { Sessions, legend } from './sessions.js';
import { Messages } from './messages.js';
import { change, state, watch } from './state.js';

const report = await Report.read(document);
$('off').remove();
$('app').hidden = false;
const charts = new Charts(report);
const sessions = new Sessions(report);
const messages = new Messages(report, charts);
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
