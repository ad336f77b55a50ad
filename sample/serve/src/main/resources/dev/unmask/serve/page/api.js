// What the page asks the server. An answer that is an error is thrown with its message.

let key = sessionStorage.getItem('unmask-key') ?? '';

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function setKey(value) {
  key = value;
  sessionStorage.setItem('unmask-key', value);
}

async function send(path, body, signal) {
  const headers = { 'Content-Type': 'application/json' };
  if (key) headers.Authorization = `Bearer ${key}`;
  let answer;
  try {
    answer = await fetch(path, body ? { method: 'POST', headers, body: JSON.stringify(body), signal } : { headers, signal });
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new Refused(0, 'The server does not answer. Is it still running?');
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, said.error?.message ?? `The server answered ${answer.status}.`);
  }
  return answer;
}

export const get = (path) => send(path).then((answer) => answer.json());
export const post = (path, body, signal) => send(path, body, signal).then((answer) => answer.json());

/** Asks for server-sent events and gives each as [name, data]. */
export async function* stream(path, body, signal) {
  const answer = await send(path, { ...body, stream: true }, signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  while (true) {
    const { done, value } = await reader.read();
    if (done) {
      if (rest.trim()) throw new Refused(0, 'The answer broke off.');
      return;
    }
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      let name = '';
      let data = '';
      for (const line of block.split('\n')) {
        if (line.startsWith('event: ')) name = line.slice(7);
        if (line.startsWith('data: ')) data += line.slice(6);
      }
      if (data === '[DONE]') return;
      const parsed = JSON.parse(data);
      if (name === 'error' || parsed.error) throw new Refused(200, parsed.error.message);
      yield [name, parsed];
    }
  }
}
