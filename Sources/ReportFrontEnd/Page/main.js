// Begins: reads the report, then draws it.
import { Report } from './report.js';
import { view } from './view.js';

view(await Report.read(document));
