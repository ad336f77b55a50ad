// The controls that say how to sample, and what they mean in a request.

const id = (name) => document.getElementById(name);
const RANGES = ['steps', 'temperature', 'guidance', 'top-p', 'length'];

export class Settings {
  constructor() {
    for (const name of RANGES) id(name).addEventListener('input', () => this.#say());
    for (const name of ['sampler', 'order', 'remasking', 'block', 'seed']) id(name).addEventListener('change', () => this.#say());
    id('dice').addEventListener('click', () => this.roll());
    id('reset').addEventListener('click', () => this.reset());
    this.#say();
  }

  roll() {
    id('seed').value = Math.floor(Math.random() * 1e6);
    this.#say();
  }

  reset() {
    for (const control of document.querySelectorAll('#settings input, #settings select')) {
      if (control.tagName === 'SELECT') control.selectedIndex = 0;
      else control.value = control.defaultValue;
    }
    this.#say();
  }

  #say() {
    const steps = Number(id('steps').value);
    id('steps-out').value = steps ? String(steps) : 'one a token';
    for (const name of ['temperature', 'guidance', 'top-p', 'length']) id(`${name}-out`).value = id(name).value;
    const changed = Object.entries(this.request()).filter(([name]) => name !== 'seed').map(([name, value]) => `${name.replace('_', '-')} ${value}`);
    id('settings-sum').textContent = changed.length ? `· ${changed.join(', ')}` : '';
  }

  /** Only what was changed: the server knows the rest. */
  request() {
    const request = {};
    const put = (name, value) => { if (value !== '' && value !== undefined) request[name] = value; };
    put('sampler', id('sampler').value);
    put('order', id('order').value);
    put('remasking', id('remasking').value);
    if (Number(id('steps').value)) request.steps = Number(id('steps').value);
    if (Number(id('temperature').value)) request.temperature = Number(id('temperature').value);
    if (Number(id('guidance').value)) request.guidance = Number(id('guidance').value);
    if (Number(id('top-p').value) < 1) request.top_p = Number(id('top-p').value);
    if (Number(id('block').value)) request.block_length = Number(id('block').value);
    request.seed = Math.max(0, Math.floor(Number(id('seed').value)) || 0);
    return request;
  }

  get pace() {
    return Number(id('pace').value);
  }
}
