// What the server says, each second, as figures and lines. Guests write some of it: all text goes in as text nodes, never as markup.
'use strict';

const pause_ms = 1000, most_lines = 1000, most_failures = 20, first_power = 14;
const at = (id) => document.getElementById(id);
let before = null, next = null, is_first = true;
const failures = new Map();  // by event: its lines

function make(name, content, kind) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  for (const one of [content].flat()) if (one !== undefined && one !== null) made.append(one);
  return made;
}
const number = (value) => Number(value).toLocaleString('en', {maximumFractionDigits: 1});
const bytes = (value) => value < 1 << 20 ? number(value / 1024) + ' KiB' : number(value / (1 << 20)) + ' MiB';
const micros = (value) => value < 1000 ? number(value) + ' µs' : number(value / 1000) + ' ms';
const figures = (list) => list.map(([name, value, kind]) => make('div', [make('dt', name), make('dd', value, kind)]));
const total = (events) => Object.values(events || {}).reduce((sum, one) => sum + one, 0);

function span_of(seconds) {
  const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600) % 24, minutes = Math.floor(seconds / 60) % 60;
  return days ? `${days} d ${hours} h` : hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

function drawn(name, into, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text) made.textContent = text;
  into.append(made);
  return made;
}

// Counts below powers of two of nanoseconds, as bars.
function histogram(below, all) {
  const counts = below.map((count, i) => count - (i ? below[i - 1] : 0));
  counts.push(all - (below.at(-1) || 0));
  const used = counts.map((count, i) => count ? i : -1).filter((i) => i >= 0);
  const svg = drawn('svg', document.createDocumentFragment(), {viewBox: '0 0 300 80', preserveAspectRatio: 'none', role: 'img', 'aria-label': 'latency histogram'});
  if (!used.length) return svg;
  const first = Math.max(used[0] - 1, 0), last = Math.min(used.at(-1) + 1, counts.length - 1), width = 300 / (last - first + 1), most = Math.max(...counts);
  for (let i = first; i <= last; ++i) {
    const high = counts[i] ? Math.max(counts[i] / most * 62, 1) : 0, left = (i - first) * width;
    const bar = drawn('rect', svg, {x: left + 1, y: 66 - high, width: Math.max(width - 2, 1), height: high});
    drawn('title', bar, {}, `${number(counts[i])} below ${micros(2 ** (first_power + i) / 1000)}`);
    if ((i - first) % Math.ceil((last - first + 1) / 6) === 0) drawn('text', svg, {x: left, y: 77}, micros(2 ** (first_power + i - 1) / 1000));
  }
  drawn('line', svg, {x1: 0, y1: 66, x2: 300, y2: 66});
  return svg;
}

function component(one, earlier, seconds) {
  const events = one.events || {}, latency = one.latency_us || {};
  const rate = earlier && seconds > 0 ? (total(events) - total(earlier.events)) / seconds : 0;
  const wrong = ['failed', 'trapped', 'timed_out', 'refused', 'unready'].filter((name) => events[name]);
  const list = [['events', number(total(events))], ['per second', number(rate)], ['active', number(one.active || 0)], ['waiting', number(one.waiting || 0)],
    ['memory', bytes(one.memory_bytes)], ['sandboxes', number(one.sandboxes)]];
  for (const name of ['p50', 'p90', 'p99', 'p999']) list.push([name === 'p999' ? 'p99.9' : name, micros(latency[name] || 0)]);
  for (const name of wrong) list.push([name.replace('_', ' '), number(events[name]), 'bad']);
  const below = (latency.below || []);
  return make('article', [make('h3', one.name), make('p', `${one.source} · ${one.code}`, 'quiet'), make('dl', figures(list)), histogram(below, latency.count || 0)], 'component');
}

function show_status(status) {
  const now = performance.now(), seconds = before ? (now - before.at) / 1000 : 0;
  document.title = `${status.application} · Mote`;
  at('application').textContent = status.application;
  const http = status.http_us || {};
  at('figures').replaceChildren(...figures([['up for', span_of(status.uptime_s)], ['address', status.address], ['requests', number(status.requests)],
    ['per second', number(before && seconds > 0 ? (status.requests - before.status.requests) / seconds : 0)], ['p50', micros(http.p50 || 0)],
    ['p99.9', micros(http.p999 || 0)], ['connections', number(status.connections)], ['resident', bytes(status.resident_bytes)],
    ['workers', number(status.workers)], ['version', status.mote]]));
  at('components').replaceChildren(...status.components.map((one) =>
    component(one, before && before.status.components.find((other) => other.name === one.name), seconds)));
  at('triggers').replaceChildren(...status.triggers.map((one) =>
    make('li', `${one.type} ${one.route || one.when || one.topic || one.name || '(private)'} → ${one.component || 'a fixed answer'}`)));
  if (is_first) for (const one of status.components) at('of').append(make('option', one.name));
  is_first = false;
  before = {at: now, status};
}

function show_failures() {
  const made = [...failures.entries()].slice(-most_failures).reverse().map(([event, lines]) => {
    const head = lines[0], open = document.querySelector(`details[data-event="${CSS.escape(event)}"]`)?.open;
    const details = make('details', [make('summary', [make('span', head.text, 'bad'), make('span', ` ${head.component || ''} · ${head.time} · event ${event}`, 'quiet')]),
      make('pre', lines.map((line) => line.text).join('\n'))], 'failure');
    details.dataset.event = event;
    details.open = Boolean(open);
    return details;
  });
  if (made.length) at('failures').replaceChildren(...made);
}

function show_lines(lines) {
  const list = at('log'), of = at('of').value;
  let has_failure = false;
  for (const line of lines) {
    if (line.event && line.level === 'error') {
      if (!failures.has(line.event)) failures.set(line.event, []);
      if (failures.get(line.event).length < 100) failures.get(line.event).push(line);
      has_failure = true;
      while (failures.size > most_failures) failures.delete(failures.keys().next().value);
    }
    const item = make('li', [make('span', `${line.time.slice(11, 23)} ${line.component || 'mote'} ${line.event || ''} `, 'from'),
      make('span', line.text, line.level === 'error' || line.level === 'warning' ? 'bad' : '')]);
    item.dataset.of = line.component || '';
    item.hidden = of !== '' && of !== (line.component || '');
    list.append(item);
  }
  while (list.childElementCount > most_lines) list.firstChild.remove();
  if (lines.length && at('follows').checked) list.scrollTop = list.scrollHeight;
  if (has_failure) show_failures();
}

at('of').addEventListener('change', () => {
  const of = at('of').value;
  for (const item of at('log').children) item.hidden = of !== '' && of !== item.dataset.of;
});

async function ask(path) {
  const answer = await fetch(path, {cache: 'no-store'});
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function look() {
  try {
    show_status(await ask('/api/status'));
    const log = await ask(next === null ? '/api/logs?lines=200' : `/api/logs?lines=1000&after=${next}`);
    if (next !== null && log.next < next) at('log').replaceChildren();  // another server
    next = log.next;
    show_lines(log.lines);
    const ready = await fetch('/readyz', {cache: 'no-store'});
    at('state').textContent = ready.ok ? 'ready' : 'not ready: ' + (await ready.text()).trim();
    at('state').className = ready.ok ? '' : 'bad';
  } catch (error) {
    at('state').textContent = `the server does not answer (${error.message})`;
    at('state').className = 'bad';
  }
  setTimeout(look, pause_ms);
}
look();
