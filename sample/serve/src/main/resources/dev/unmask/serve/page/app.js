// The page: what is typed, what is shown, and what happens in between.

import { get, post, stream, setKey, Refused } from './api.js';
import { Run } from './run.js';
import { Stage, percent } from './stage.js';
import { Popover } from './popover.js';
import { Settings } from './settings.js';

const id = (name) => document.getElementById(name);
const EXAMPLES = {
  fill: ['The capital of France is ____, and the capital of Italy is ____.', 'She opened the ____ and looked at the ____ of the ____.',
    'A ____ is a small animal that lives in ____:3.', 'The ____:4 of the old man was ____.'],
  continue: ['Once upon a time', 'The river rises in', 'My favourite'],
  score: ['The cat sat on the mat and looked at the moon.', 'The mat sat on the cat and looked at the spoon.'],
};
const LABELS = { fill: 'Text with blanks', continue: 'How the text begins', score: 'A text to be measured' };
const HINTS = {
  fill: '____ is a blank of one token, ____:3 one of three. Click a token of the result to mask it again; point at one to see what else could stand there.',
  continue: 'A masked model fills the whole length at once, in any order; the text behind counts as much as the text before.',
  score: 'Each token is coloured by how likely the model finds it. Point at one to see what it would expect instead.',
};
const GO = { fill: 'Unmask', continue: 'Write', score: 'Measure' };

let mode = 'fill';
let model = null;
let run = null;
let kept = [];
let abort = null;
let playing = 0;
let example = 0;
const texts = { fill: '', continue: '', score: '' };
const cache = new Map();
const settings = new Settings();

const stage = new Stage(id('stage'), {
  look: (position, asked) => canAsk() && popover.look(position, stage.button(position), stage.tokens[position], asked),
  leave: () => popover.hideSoon(),
  mask: (position) => mask(position),
  fill: () => refill(),
});
const popover = new Popover(id('popover'), {
  alternatives,
  choose: (position, one) => choose(position, one),
  mask: (position) => mask(position),
});

const busy = () => abort !== null;
const canAsk = () => model?.unmask.kind === 'masked' && run && !busy() && !playing;

function setMode(next) {
  texts[mode] = id('text').value;
  mode = next;
  for (const tab of document.querySelectorAll('[role=tab]')) {
    const on = tab.dataset.mode === next;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    if (on) id('compose').setAttribute('aria-labelledby', tab.id);
  }
  for (const part of document.querySelectorAll('[data-for]')) part.hidden = !part.dataset.for.split(' ').includes(next);
  id('text').value = texts[next];
  id('text').placeholder = EXAMPLES[next][0];
  id('text-label').textContent = LABELS[next];
  id('hint').textContent = HINTS[next];
  id('go').textContent = GO[next];
  stop();
  run = null;
  id('result').hidden = true;
  popover.hide();
  complain('');
}

function complain(message) {
  id('error').textContent = message;
  id('error').hidden = !message;
}

function stop() {
  abort?.abort();
  abort = null;
  clearInterval(playing);
  playing = 0;
}

/** Does something that can be stopped, and says what went wrong. */
async function during(work) {
  stop();
  popover.hide();
  complain('');
  const own = new AbortController();
  abort = own;
  id('go').textContent = 'Stop';
  stage.running(true);
  try {
    await work(own.signal);
  } catch (e) {
    if (e.name !== 'AbortError') {
      if (e instanceof Refused && e.status === 401) askForKey();
      else complain(e instanceof Refused ? e.message : `The page failed: ${e.message}`);
    }
  } finally {
    if (abort === own) {
      abort = null;
      stage.running(false);
      id('go').textContent = GO[mode];
      if (run) show(run.frames.length - 1);
    }
  }
}

const pause = (milliseconds) => (milliseconds ? new Promise((done) => setTimeout(done, milliseconds)) : Promise.resolve());

/** Follows a filling; given says which tokens it began with, where not all that stand there were given. */
async function follow(body, given, signal) {
  for await (const [name, data] of stream('/v1/fill', body, signal)) {
    if (name === 'start') {
      run = new Run(data.tokens, given);
      kept = [];
      show(0);
    } else if (name === 'step') {
      const frames = run.frames.length;
      run.step(data);
      show(run.frames.length - 1);
      if (run.frames.length > frames) await pause(settings.pace);
      signal.throwIfAborted();
    } else if (name === 'done') {
      const filling = data.fillings[0];
      run.finish(filling.tokens);
      run.text = filling.text;
      run.total = filling.log_probability;
    }
  }
}

async function continueCausal(text, signal) {
  run = new Run([{ id: -1, text, given: true }]);
  run.text = text;
  kept = [];
  show(0);
  const request = settings.request();
  const body = { model: model.id, prompt: text, max_tokens: Number(id('length').value), logprobs: 0, seed: request.seed,
    temperature: request.temperature ?? 0, top_p: request.top_p ?? 1 };
  for await (const [, data] of stream('/v1/completions', body, signal)) {
    const choice = data.choices[0];
    const tokens = (choice?.logprobs?.tokens ?? []).map((token, i) => ({ id: -1, text: token, p: Math.exp(choice.logprobs.token_logprobs[i]) }));
    if (tokens.length) {
      run.append(tokens);
      run.evaluations += 1;
      show(run.frames.length - 1);
      await pause(settings.pace);
    }
    run.text += choice?.text ?? '';
  }
}

async function measure(text, signal) {
  const answer = await post('/v1/score', { text, estimator: id('estimator').value }, signal);
  run = new Run(answer.tokens, answer.tokens.map(() => true));
  run.text = text;
  run.score = answer;
  kept = [];
}

function go() {
  if (busy()) {
    stop();
    stage.running(false);
    id('go').textContent = GO[mode];
    if (run) show(run.frames.length - 1);
    return;
  }
  const text = id('text').value || id('text').placeholder;
  id('text').value = text;
  if (mode === 'score') during((signal) => measure(text, signal));
  else if (mode === 'fill') during((signal) => follow({ text, ...settings.request() }, null, signal));
  else if (model?.unmask.kind === 'causal') during((signal) => continueCausal(text, signal));
  else {
    const body = { before: text, tokens_per_blank: Number(id('length').value), ...settings.request() };
    during((signal) => follow(body, null, signal));
  }
}

function show(index) {
  const last = run.frames.length - 1;
  id('result').hidden = false;
  const settled = !busy() && !playing && index === last;
  stage.show(settled ? run.frames[index].map((token) => (token.fresh ? { ...token, fresh: false } : token)) : run.frames[index],
    mode === 'score' ? 'heat' : 'fill');
  id('timeline').hidden = mode === 'score' || last === 0;
  id('step').max = last;
  id('step').value = index;
  id('step-out').value = `step ${index} of ${last}`;
  id('step').setAttribute('aria-valuetext', `step ${index} of ${last}`);
  const masked = run.frames[index].filter((token) => token.id === null).length;
  const editing = kept.length > 0;
  id('again').hidden = busy() || !editing || index !== last;
  id('again-text').textContent = `${masked} masked again`;
  id('facts').textContent = facts(index, masked);
}

function facts(index, masked) {
  if (run.score) {
    const score = run.score;
    return `perplexity ${score.perplexity.toFixed(1)} · ${(-score.log_likelihood / Math.LN2 / Math.max(1, score.scored)).toFixed(2)} bits a token`;
  }
  const passes = `${run.evaluations} ${run.evaluations === 1 ? 'pass' : 'passes'} of the model`;
  if (busy() || index < run.frames.length - 1) return masked ? `${masked} masked` : passes;
  const all = run.last.filter((token) => !token.given && token.p !== undefined);
  const least = Math.min(...all.map((token) => token.p));
  return all.length ? `${passes} · least sure at ${percent(least)}` : passes;
}

/** Token ids of the last frame, null where one is masked. */
const ids = (frame) => frame.map((token) => token.id);

async function alternatives(position) {
  const frame = run.frames[Number(id('step').value)];
  const tokens = ids(frame);
  tokens[position] = null;
  // What the other masks hide is left hidden: the server looks at one place, with the others as they are.
  const name = JSON.stringify([position, tokens]);
  if (!cache.has(name)) {
    const answer = await post('/v1/alternatives', { tokens, position, count: 8 });
    cache.set(name, answer.alternatives.map((one) => ({ id: one.id, text: one.text, p: Math.exp(one.log_probability) })));
    if (cache.size > 500) cache.delete(cache.keys().next().value);
  }
  return cache.get(name);
}

/** Edits the end of a run: an earlier step that is shown becomes its end first. */
function edit(change) {
  const index = Number(id('step').value);
  run.frames.length = index + 1;
  const next = run.last.map((token) => ({ ...token, fresh: false }));
  if (!kept.length) kept = run.last;
  change(next);
  run.frames[index] = next;
  show(index);
}

function mask(position) {
  if (!canAsk()) return;
  const token = run.frames[Number(id('step').value)][position];
  if (token.special) return;
  popover.hide();
  if (mode === 'score') return;
  edit((next) => {
    next[position] = token.id === null ? (kept[position] ?? token) : { id: null, text: '', given: false };
  });
  if (run.last.every((one, i) => one.id === kept[i].id)) {
    kept = [];
    show(run.frames.length - 1);
  }
}

function choose(position, one) {
  if (mode === 'score') return;
  edit((next) => { next[position] = { id: one.id, text: one.text, p: one.p, given: false, fresh: true }; });
}

function undo() {
  run.frames[run.frames.length - 1] = kept;
  kept = [];
  show(run.frames.length - 1);
}

function refill() {
  if (!canAsk() || mode === 'score') return;
  const frame = run.last;
  if (!frame.some((token) => token.id === null)) {
    kept = [];
    show(run.frames.length - 1);
    return;
  }
  const given = frame.map((token) => token.given);
  const confidences = frame.map((token) => token.p);
  during(async (signal) => {
    await follow({ tokens: ids(frame), ...settings.request() }, given, signal);
    // How sure the model was of what was kept is still known.
    for (const each of run.frames) {
      each.forEach((token, i) => { if (token.p === undefined && token.id === frame[i].id) token.p = confidences[i]; });
    }
  });
}

function play() {
  if (playing) {
    clearInterval(playing);
    playing = 0;
    return;
  }
  let index = Number(id('step').value);
  if (index >= run.frames.length - 1) index = -1;
  playing = setInterval(() => {
    index += 1;
    if (!run || index >= run.frames.length) {
      clearInterval(playing);
      playing = 0;
      return;
    }
    show(index);
  }, settings.pace || 120);
}

function askForKey() {
  id('key-dialog').showModal();
}

function theme(value) {
  const names = { '': 'as the system says', light: 'light', dark: 'dark' };
  if (value) document.documentElement.dataset.theme = value;
  else delete document.documentElement.dataset.theme;
  id('theme').setAttribute('aria-label', `Colours: ${names[value]}`);
  id('theme').title = `Colours: ${names[value]}`;
  localStorage.setItem('unmask-theme', value);
}

async function start() {
  try {
    model = (await get('/v1/models')).data[0];
  } catch (e) {
    if (e.status === 401) askForKey();
    else complain(e.message);
    return;
  }
  const about = model.unmask;
  id('model').textContent = model.id;
  id('model').title = `${model.id}: a ${about.kind} model of ${(about.parameters / 1e6).toFixed(1)} million parameters, at most ${about.max_length} tokens`;
  document.title = `${model.id} · Unmask`;
  id('length').max = Math.max(4, Math.min(256, about.max_length - 8));
  if (about.kind === 'causal') {
    id('tab-fill').hidden = true;
    id('settings').querySelectorAll('#sampler, #order, #steps, #guidance, #remasking, #block').forEach((control) => { control.closest('label').hidden = true; });
    HINTS.continue = 'This model writes from left to right, a token at a time.';
    setMode('continue');
  }
}

id('compose').addEventListener('submit', (e) => { e.preventDefault(); go(); });
id('text').addEventListener('keydown', (e) => {
  if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); go(); }
  if (e.altKey && e.key.toLowerCase() === 'b') { e.preventDefault(); id('blank').click(); }
});
id('blank').addEventListener('click', () => {
  const size = Math.max(1, Math.floor(Number(id('blank-size').value)) || 1);
  const area = id('text');
  area.setRangeText(size === 1 ? '____' : `____:${size}`, area.selectionStart, area.selectionEnd, 'end');
  area.focus();
});
id('example').addEventListener('click', () => { id('text').value = EXAMPLES[mode][example++ % EXAMPLES[mode].length]; });
id('tabs').addEventListener('click', (e) => e.target.dataset.mode && setMode(e.target.dataset.mode));
id('tabs').addEventListener('keydown', (e) => {
  const tabs = [...document.querySelectorAll('[role=tab]:not([hidden])')];
  const move = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (!move) return;
  const next = tabs[(tabs.indexOf(document.activeElement) + move + tabs.length) % tabs.length];
  setMode(next.dataset.mode);
  next.focus();
});
id('step').addEventListener('input', () => { clearInterval(playing); playing = 0; popover.hide(); show(Number(id('step').value)); });
id('play').addEventListener('click', play);
id('refill').addEventListener('click', refill);
id('undo').addEventListener('click', undo);
id('copy').addEventListener('click', async () => {
  const shown = run.frames[Number(id('step').value)].filter((token) => !token.special).map((token) => (token.id === null ? ' ____' : token.text)).join('').trim();
  await navigator.clipboard.writeText(run.text && !kept.length && Number(id('step').value) === run.frames.length - 1 ? run.text : shown);
  id('copy').textContent = 'copied';
  setTimeout(() => { id('copy').textContent = 'copy'; }, 1200);
});
id('theme').addEventListener('click', () => {
  const order = ['', 'light', 'dark'];
  theme(order[(order.indexOf(localStorage.getItem('unmask-theme') ?? '') + 1) % 3]);
});
id('key-dialog').addEventListener('close', () => { if (id('key').value) { setKey(id('key').value); complain(''); start(); } });

theme(localStorage.getItem('unmask-theme') ?? '');
setMode('fill');
start();
