// What is shown, kept in the address behind "#", so that a view can be linked to.

const watchers = [];
export let state = read();

function read() {
  const found = {};
  for (const [key, value] of new URLSearchParams(location.hash.slice(1))) found[key] = value;
  return found;
}

/** Calls `watcher` with the keys that changed, now and whenever some do. */
export function watch(watcher) {
  watchers.push(watcher);
}

/** Changes some keys; null removes one. */
export function change(keys) {
  const changed = new Set();
  for (const [key, value] of Object.entries(keys)) {
    const text = value == null || value === '' ? undefined : String(value);
    if (state[key] === text) continue;
    changed.add(key);
    if (text === undefined) delete state[key]; else state[key] = text;
  }
  if (!changed.size) return;
  history.replaceState(null, '', '#' + new URLSearchParams(state));
  for (const watcher of watchers) watcher(changed);
}

addEventListener('hashchange', () => {
  const before = state;
  state = read();
  const changed = new Set(Object.keys({ ...before, ...state }).filter((key) => before[key] !== state[key]));
  for (const watcher of watchers) watcher(changed);
});
