'use strict';

/* The line to the server: one session, messages out one by one, messages in by a long poll that reconnects by itself. */

const SESSION_KEY = 'langnghe.session';
const POLL_SECONDS = 25;
const LONGEST_PAUSE = 30_000;

/** A request that failed. `again`: sending the same once more may work; `after`: seconds to wait first. */
class LineError extends Error {
  constructor(message, { status = 0, again = true, after = 0 } = {}) {
    super(message);
    this.status = status;
    this.again = again;
    this.after = after;
  }
}

/** fetch with a time limit; every failure becomes a LineError with a sentence for the resident. */
async function call(path, { seconds, ...options } = {}) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), seconds * 1000);
  options.signal?.addEventListener('abort', () => limit.abort());
  try {
    const response = await fetch(path, { ...options, signal: limit.signal, cache: 'no-store', credentials: 'same-origin' });
    if (response.ok) return await response.json();
    throw await refusal(response);
  } catch (error) {
    if (error instanceof LineError) throw error;
    throw new LineError(WORDS.network);
  } finally {
    clearTimeout(timer);
  }
}

async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  const status = response.status;
  const said = typeof body.message === 'string' && body.message ? body.message : WORDS.server;
  const after = status === 429 ? Math.max(1, Number(response.headers.get('Retry-After')) || 5) : 0;
  return new LineError(said, { status, after, again: status >= 500 || [401, 408, 429].includes(status) });
}

/** The request for one message: multipart with files, JSON without. */
function body(session, { id, text, payload, location, kind, files }) {
  if (files) {
    const form = new FormData();
    form.set('session', session);
    form.set('id', id);
    if (text) form.set('text', text);
    for (const file of files) form.append(kind, file, file.name || kind);
    return { body: form };
  }
  const said = location ? { location } : payload ? { payload } : { text };
  return { body: JSON.stringify({ session, id, ...said }), headers: { 'Content-Type': 'application/json' } };
}

/** Events: `messages` (list, first), `link` (true: up, false: down), `lost` (the session is no longer known). */
class Link extends EventTarget {
  #cursor = null;
  #listening = false;
  #opening = null;
  #poll = null;
  #answeredAt = 0;
  #wake = () => {};

  constructor() {
    super();
    window.addEventListener('online', () => this.#wake());
    document.addEventListener('visibilitychange', () => this.#comeBack());
    window.addEventListener('pageshow', (event) => event.persisted && this.#comeBack());
    window.addEventListener('storage', (event) => event.key === SESSION_KEY && event.newValue && this.#adopt());
  }

  get session() {
    return memory.get(SESSION_KEY);
  }

  /** Send one message, making the session when there is none. Throws LineError. */
  async post(message) {
    await this.#open();
    const session = this.session;
    const seconds = message.files ? 180 : 30;
    await call('/chat/api/messages?wait=0', { method: 'POST', seconds, ...body(session, message) }).catch((error) => {
      if (error.status === 401) this.#lose(session);
      throw error;
    });
    this.#tell('link', true);
    this.listen();
  }

  async #open() {
    if (this.session) return;
    this.#opening ??= call('/chat/api/sessions', { method: 'POST', seconds: 20 });
    try {
      memory.set(SESSION_KEY, (await this.#opening).session);
    } finally {
      this.#opening = null;
    }
  }

  /** Load what was said and keep listening. Safe to call at any time; does nothing without a session. */
  async listen() {
    if (this.#listening || !this.session) return;
    this.#listening = true;
    for (let failures = 0; this.session;) {
      const session = this.session;
      try {
        await this.#hear(session);
        failures = 0;
      } catch (error) {
        if (error.status === 401) this.#lose(session);
        else {
          failures += 1;
          if (failures > 1 || !navigator.onLine) this.#tell('link', false);
          await this.#pause(Math.max(error.after * 1000, Math.min(LONGEST_PAUSE, 500 * 2 ** failures) * (0.75 + Math.random() / 2)));
        }
      }
    }
    this.#listening = false;
  }

  async #hear(session) {
    const first = this.#cursor === null;
    const query = new URLSearchParams({ session, own: 1, wait: first ? 0 : POLL_SECONDS });
    if (!first) query.set('after', this.#cursor);
    const started = Date.now();
    this.#poll = new AbortController();
    const answer = await call(`/chat/api/messages?${query}`, { seconds: POLL_SECONDS + 15, signal: this.#poll.signal });
    this.#answeredAt = Date.now();
    this.#tell('link', true);
    this.#cursor = answer.cursor ?? this.#cursor ?? '';
    const messages = answer.messages ?? [];
    if (messages.length || first) this.#tell('messages', { messages, first });
    // A server that does not hold the line (too many at once) must not be asked a hundred times a second.
    if (!first && !messages.length && Date.now() - started < 1000) await this.#pause(2000);
  }

  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** After a long sleep the open request is mostly dead without knowing it. */
  #comeBack() {
    if (document.visibilityState !== 'visible') return;
    this.#wake();
    if (Date.now() - this.#answeredAt > (POLL_SECONDS + 5) * 1000) this.#poll?.abort();
    this.listen();
  }

  /** Another tab opened a session. */
  #adopt() {
    this.#cursor = null;
    this.#poll?.abort();
    this.listen();
  }

  /** The server no longer knows `session`; a newer one, made meanwhile, stays. */
  #lose(session) {
    if (this.session !== session) return;
    memory.set(SESSION_KEY, null);
    this.#cursor = null;
    this.#tell('lost');
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
