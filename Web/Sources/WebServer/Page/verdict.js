// Why a session ended, from the verdict in the trace.
import { plural } from './text.js';

/** Whether both ends closed in order, for an ordinary reason. */
const isClosedCleanly = ({ clean, code }) => clean && (code === null || code === 1000 || code === 1001);

/** Why a session ended, in the words of the timeline (VerdictMessage.swift); `isCommon` leaves out what differs from session to session. */
export function sentence(verdict, upgrade, isCommon) {
  const { by, layer, clean, code, client_sees: client, server_sees: server, failed_by: failer, failed_over: rule, tls, unanswered } = verdict;
  if (isCommon && upgrade.kind === 'refused') return `upgrade refused with ${upgrade.status}`;
  const who = by === 'unknown' ? '' : ` by the ${by}`, isFramed = clean || code !== null;
  const wasOpen = !['pending', 'silent', 'refused'].includes(upgrade.kind), unframed = isFramed || !wasOpen ? '' : ' without a Close frame';
  const unacknowledged = !unanswered?.unanswered_from ? ''
    : isCommon ? `, segments from the ${unanswered.unanswered_from} unanswered`
    : `, ${plural(unanswered.unanswered_segments, 'segment')} from the ${unanswered.unanswered_from} unanswered for ${unanswered.unanswered_for.toFixed(3)} s`;
  const isOwnFailure = failer && layer === 'close-frame' && by === failer;
  const text = {
    'close-frame': () => (isOwnFailure ? 'failed' + who : by === 'unknown' ? 'closed, which end first not captured'
      : clean ? (isClosedCleanly(verdict) ? 'closed cleanly' + who : `closed${who}, answered`)
      : failer ? 'closed' + who : verdict.isAnswerHidden ? `closed${who}, answer not captured` : `closed${who}, never answered`),
    fin: () => `TCP closed${who}${unframed}${tls && (by === 'client' || by === 'server') && !tls[by + '_close_notify'] ? ', without close_notify' : ''}`,
    'tls-alert': () => `ended${who} with TLS alert ${tls?.alert ?? 'unknown'}${isFramed || !wasOpen ? '' : ', without a Close frame'}`,
    rst: () => `reset${who}${unframed}`,
    timeout: () => 'timed out' + unacknowledged,
    'capture-end': () => (isFramed ? 'still closing' : 'still open') + ' when the capture ended',
  }[layer]?.() ?? layer;
  const before = { pending: 'upgrade not answered; ', missing: 'answer not captured; ', silent: 'upgrade never answered; ', refused: `upgrade refused with ${upgrade.status}; ` }[upgrade.kind] ?? '';
  const codes = code !== null ? `, ${code} ${verdict.reason === null ? '(reason not UTF-8)' : verdict.reason === '' || isCommon ? verdict.name : `"${verdict.reason}"`}`
    : layer !== 'close-frame' ? '' : (by === 'client' ? server : client) === null ? ', code not captured' : ', no code';
  const failed = failer ? (isOwnFailure ? '' : `, failed by the ${failer}`) + (rule ? ` over the ${failer === 'client' ? 'server' : 'client'}'s ${rule}` : '') : '';
  const sees = before || (client === null && server === null) ? '' : client === null ? ` (the server sees ${server})` : server === null ? ` (the client sees ${client})`
    : client !== server ? ` (the client sees ${client}, the server ${server})` : client === code ? '' : ` (both ends see ${client})`;
  const rest = isCommon ? '' : (verdict.silence >= 0.001 ? `, after ${verdict.silence.toFixed(3)} s of silence` : '')
    + (verdict.unanswered_pings ? `, ${plural(verdict.unanswered_pings, 'ping')} unanswered` : '');
  return before + text + codes + failed + sees + rest;
}

/** The shape and colour of an end (EndingOutcome.swift). */
export function outcome({ layer, clean, code, failed_by: failer }, upgrade) {
  if (upgrade.kind === 'refused' || upgrade.kind === 'silent' || upgrade.kind === 'pending') return 'refused';
  if (failer) return 'failed';
  return { 'close-frame': isClosedCleanly({ clean, code }) ? 'clean' : clean ? 'coded' : 'closed', rst: 'reset', 'tls-alert': 'reset', fin: 'fin', timeout: 'timeout' }[layer] ?? 'open';
}
