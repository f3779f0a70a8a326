// Begins: reads the report, then draws it.
import { Report } from './report.js';
import { $ } from './text.js';
import { view } from './view.js';

const whole = await Report.read(document);
view(whole);
// Without WebSocket there is nothing to draw.
if (!whole.n) $('app').hidden = true;
