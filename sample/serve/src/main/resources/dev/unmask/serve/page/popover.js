// What else could stand in a token's place.

import { percent } from './stage.js';

const DELAY = 220;

export class Popover {
  constructor(element, on) {
    this.element = element;
    this.on = on;
    this.timer = 0;
    this.position = -1;
    element.addEventListener('pointerenter', () => clearTimeout(this.timer));
    element.addEventListener('pointerleave', () => this.hideSoon());
    element.addEventListener('keydown', (e) => this.#key(e));
    document.addEventListener('pointerdown', (e) => {
      if (!element.hidden && !element.contains(e.target) && !e.target.closest?.('.tok')) this.hide();
    });
    document.addEventListener('keydown', (e) => e.key === 'Escape' && !element.hidden && this.hide(true));
  }

  /** Shows it soon, unless the pointer goes on; at once, with the focus in it, if somebody asked for it. */
  look(position, button, token, asked) {
    clearTimeout(this.timer);
    if (!asked && this.position === position && !this.element.hidden) return;
    this.timer = setTimeout(() => this.#open(position, button, token, asked), asked ? 0 : DELAY);
  }

  hideSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hide(), DELAY);
  }

  hide(back) {
    clearTimeout(this.timer);
    const had = this.element.contains(document.activeElement);
    this.element.hidden = true;
    this.button?.classList.remove('open');
    if (back && had) this.button?.focus();
    this.position = -1;
  }

  async #open(position, button, token, asked) {
    this.hide();
    this.position = position;
    this.button = button;
    button.classList.add('open');
    this.#fill(token, []);
    this.#place(button);
    this.element.hidden = false;
    this.#place(button);
    let alternatives;
    try {
      alternatives = await this.on.alternatives(position);
    } catch (e) {
      alternatives = e.name === 'AbortError' ? [] : [{ text: e.message, p: 0, id: null }];
    }
    if (this.position !== position) return;
    this.#fill(token, alternatives);
    this.#place(button);
    if (asked) this.element.querySelector('button')?.focus();
  }

  #fill(token, alternatives) {
    const title = document.createElement('h3');
    const own = alternatives.find((one) => one.id === token.id);
    title.textContent = token.id === null ? 'masked'
      : token.p !== undefined && !token.given ? `placed at ${percent(token.p)}` : own ? `the model gives it ${percent(own.p)}` : 'given';
    const list = document.createElement('ol');
    for (const one of alternatives) {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.style.setProperty('--p', one.p.toFixed(4));
      const word = document.createElement('span');
      word.textContent = one.text.trim() || JSON.stringify(one.text);
      const share = document.createElement('span');
      share.textContent = one.id === null ? '' : percent(one.p);
      button.append(word, share);
      button.disabled = one.id === null;
      button.addEventListener('click', () => { const at = this.position; this.hide(true); this.on.choose(at, one); });
      if (one.id === token.id) item.setAttribute('aria-current', 'true');
      item.append(button);
      list.append(item);
    }
    this.element.replaceChildren(title, list);
    if (!alternatives.length) {
      const wait = document.createElement('p');
      wait.className = 'faint';
      wait.textContent = '…';
      this.element.append(wait);
    }
    if (token.id !== null) {
      const mask = document.createElement('button');
      mask.type = 'button';
      mask.className = 'mask-it';
      mask.textContent = 'mask it';
      mask.addEventListener('click', () => { const at = this.position; this.hide(true); this.on.mask(at); });
      this.element.append(mask);
    }
  }

  #place(button) {
    const box = button.getClientRects()[0] ?? button.getBoundingClientRect();
    const width = this.element.offsetWidth || 250;
    const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - width - 8));
    this.element.style.setProperty('left', `${left + scrollX}px`);
    const below = box.bottom + 6;
    const room = innerHeight - below - this.element.offsetHeight;
    const top = room < 0 && box.top > this.element.offsetHeight + 6 ? box.top - this.element.offsetHeight - 6 : below;
    this.element.style.setProperty('top', `${top + scrollY}px`);
  }

  #key(e) {
    const buttons = [...this.element.querySelectorAll('button:not(:disabled)')];
    const at = buttons.indexOf(document.activeElement);
    if (e.key === 'ArrowDown') buttons[Math.min(buttons.length - 1, at + 1)]?.focus();
    else if (e.key === 'ArrowUp') buttons[Math.max(0, at - 1)]?.focus();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }
}
