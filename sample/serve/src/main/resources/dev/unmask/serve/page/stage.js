// Shows tokens, and says which one is meant by mouse, touch or key.

export class Stage {
  constructor(element, on) {
    this.element = element;
    this.on = on;
    this.tokens = [];
    this.current = 0;
    element.addEventListener('click', (e) => this.#clicked(e));
    element.addEventListener('keydown', (e) => this.#key(e));
    element.addEventListener('pointerover', (e) => e.pointerType === 'mouse' && this.#hover(e));
    element.addEventListener('pointerout', (e) => e.pointerType === 'mouse' && this.on.leave());
    element.addEventListener('pointerdown', (e) => { this.pointer = e.pointerType; });
  }

  /** Shows a frame; tokens that are the same as before stay as they are. */
  show(tokens, kind) {
    const before = this.tokens;
    this.tokens = tokens;
    while (this.element.children.length > tokens.length) this.element.lastChild.remove();
    tokens.forEach((token, i) => {
      let button = this.button(i);
      if (!button) {
        // The space before a word is no part of its token, so that lines break there.
        const slot = document.createElement('span');
        slot.setAttribute('role', 'presentation');
        button = document.createElement('span');
        button.setAttribute('role', 'option');
        button.dataset.position = i;
        slot.append('', button);
        this.element.append(slot);
      }
      if (before[i] !== token || button.dataset.kind !== kind) this.#paint(button, token, kind, i);
    });
    if (this.current >= tokens.length) this.current = 0;
    this.#rove(this.current, false);
  }

  #paint(button, token, kind, i) {
    const masked = token.id === null;
    const text = masked ? '' : token.text.replace(/^ /, '');
    button.dataset.kind = kind;
    button.className = 'tok';
    button.classList.toggle('masked', masked);
    button.parentNode.firstChild.data = i > 0 && (masked || token.text.startsWith(' ')) ? ' ' : '';
    button.classList.toggle('found', !masked && !token.given && token.p !== undefined && kind !== 'heat');
    button.classList.toggle('heat', kind === 'heat' && token.p !== undefined);
    button.classList.toggle('fresh', !!token.fresh);
    button.classList.toggle('special', !!token.special);
    if (token.p !== undefined) button.style.setProperty('--p', token.p.toFixed(4));
    button.textContent = text;
    const sure = token.p === undefined ? '' : `, ${percent(token.p)}`;
    button.setAttribute('aria-label', masked ? 'masked' : `${text.trim() || 'space'}${sure}`);
    button.setAttribute('aria-selected', 'false');
  }

  button(position) {
    return this.element.children[position]?.lastChild;
  }

  running(value) {
    this.element.classList.toggle('running', value);
    this.element.setAttribute('aria-busy', String(value));
  }

  #at(e) {
    const button = e.target.closest('.tok');
    return button && this.element.contains(button) ? Number(button.dataset.position) : -1;
  }

  #hover(e) {
    const position = this.#at(e);
    if (position >= 0) this.on.look(position, false);
  }

  #clicked(e) {
    const position = this.#at(e);
    if (position < 0) return;
    this.#rove(position, true);
    // A finger cannot hover: it looks first, and masks in what is shown then.
    if (this.pointer === 'touch' && this.tokens[position].id !== null) this.on.look(position, true);
    else this.on.mask(position);
  }

  #rove(position, focus) {
    this.current = position;
    [...this.element.children].forEach((slot, i) => { slot.lastChild.tabIndex = i === position ? 0 : -1; });
    if (focus) this.button(position)?.focus();
  }

  #key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const last = this.tokens.length - 1;
    const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (e.key in moves) this.#rove(Math.min(last, Math.max(0, this.current + moves[e.key])), true);
    else if (e.key === 'Home') this.#rove(0, true);
    else if (e.key === 'End') this.#rove(last, true);
    else if (e.key === 'Enter' || e.key === ' ' || e.key === 'Delete') this.on.mask(this.current);
    else if (e.key === 'a') this.on.look(this.current, true);
    else if (e.key === 'f') this.on.fill();
    else return;
    e.preventDefault();
  }
}

export function percent(p) {
  return p >= 0.9995 ? '100 %' : p >= 0.0995 ? `${(100 * p).toFixed(0)} %` : p >= 0.001 ? `${(100 * p).toFixed(1)} %` : '< 0.1 %';
}
