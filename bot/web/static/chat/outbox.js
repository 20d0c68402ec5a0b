'use strict';

/*
 * What the resident has said and the server may not have yet.
 *   waiting -> sent                      one at a time, in order
 *           -> failed -> waiting         pressed again, or the line is back; the id stays, so twice means once
 *           -> refused                   the server said why; sending the same again is of no use
 * What has no files outlives a reload in localStorage.
 */

const UNSENT_KEY = 'langnghe.unsent';

/** Event `change` with the entry whose state changed. */
class Outbox extends EventTarget {
  #entries = new Map();
  #running = false;

  constructor(link) {
    super();
    this.link = link;
  }

  /** Queue one message: {kind, text?, payload?, location?, files?}. Returns the entry. */
  add(message) {
    const entry = { id: newId(), at: new Date().toISOString(), state: 'waiting', why: '', ...message };
    this.#entries.set(entry.id, entry);
    this.#keep();
    this.#run();
    return entry;
  }

  /** Entries of an earlier visit that never left; they wait for the resident's word. */
  restore() {
    let kept = [];
    try {
      kept = JSON.parse(memory.get(UNSENT_KEY) ?? '[]');
    } catch {
      memory.set(UNSENT_KEY, null);
    }
    for (const entry of kept) this.#entries.set(entry.id, { ...entry, state: 'failed', why: '' });
    return [...this.#entries.values()];
  }

  /** Once more: one entry, or all that failed. */
  resend(id = null) {
    for (const entry of this.#entries.values()) {
      if (entry.state === 'failed' && (id === null || entry.id === id)) this.#change(entry, 'waiting');
    }
    this.#run();
  }

  /** The server has it, whatever our own request heard. */
  arrived(id) {
    const entry = this.#entries.get(id);
    if (entry) this.#settle(entry);
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    for (let entry = this.#next(); entry; entry = this.#next()) {
      try {
        await this.link.post(entry);
        this.#settle(entry);
      } catch (error) {
        await this.#failed(entry, error);
      }
    }
    this.#running = false;
  }

  #next() {
    return [...this.#entries.values()].find((entry) => entry.state === 'waiting');
  }

  async #failed(entry, error) {
    if (entry.state === 'sent') return;
    // The session was not known any more: the same message opens a new one, once.
    if (error.status === 401 && !entry.renewed) {
      entry.renewed = true;
      return;
    }
    this.#change(entry, error.again ? 'failed' : 'refused', error.message);
    if (error.after) setTimeout(() => this.resend(entry.id), error.after * 1000);
  }

  #settle(entry) {
    this.#entries.delete(entry.id);
    this.#change(entry, 'sent');
  }

  #change(entry, state, why = '') {
    if (entry.state === state) return;
    entry.state = state;
    entry.why = why;
    this.#keep();
    this.dispatchEvent(new CustomEvent('change', { detail: entry }));
  }

  #keep() {
    const open = [...this.#entries.values()].filter((entry) => !entry.files && entry.state !== 'refused');
    memory.set(UNSENT_KEY, open.length ? JSON.stringify(open) : null);
  }
}
