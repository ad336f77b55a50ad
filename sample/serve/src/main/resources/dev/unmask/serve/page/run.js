// A text while it is being unmasked: a frame for each step, to go back to.

/** A frame is a list of tokens {id, text, special, p, given, fresh}; id null: masked. */
export class Run {
  constructor(tokens, given) {
    this.frames = [tokens.map((token, i) => ({
      ...token,
      given: given ? given[i] : token.id !== null,
      p: token.log_probability === undefined ? undefined : Math.exp(token.log_probability),
    }))];
    this.evaluations = 0;
  }

  get last() {
    return this.frames[this.frames.length - 1];
  }

  step(event) {
    const next = this.last.map((token) => ({ ...token, fresh: false }));
    for (const position of event.masked) next[position] = { id: null, text: '', given: false };
    for (const placed of event.placed) {
      next[placed.position] = { id: placed.id, text: placed.text, p: Math.exp(placed.log_probability), given: false, fresh: true };
    }
    this.evaluations = event.evaluations;
    if (event.placed.length || event.masked.length) this.frames.push(next);
  }

  /** A token more at the end, as models write that go from left to right. */
  append(tokens) {
    this.frames.push([...this.last.map((token) => ({ ...token, fresh: false })), ...tokens.map((token) => ({ ...token, fresh: true }))]);
  }

  /** What the finished text says of special tokens. */
  finish(tokens) {
    for (const frame of this.frames) {
      frame.forEach((token, i) => {
        if (token.id !== null && tokens[i] && token.id === tokens[i].id) token.special = tokens[i].special;
      });
    }
  }
}
