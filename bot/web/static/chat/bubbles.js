'use strict';

/* The log: messages as bubbles, in the server's order; what is not sent yet stays below. */

/** `seconds` as 0:07. */
function length(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}

/** Events: `press` ({label, payload}), `locate`, `resend` (id), `enlarge` ({src, alt}). */
class Bubbles extends EventTarget {
  #turns = new Map();
  #labels = new Map();

  constructor(log) {
    super();
    this.log = log;
  }

  get empty() {
    return this.#turns.size === 0;
  }

  isNew(id) {
    return !this.#turns.has(id);
  }

  /** A message of the server's list. False when it stands there already. */
  add(message) {
    if (message.from === 'resident') return this.#addEcho(message);
    if (this.#turns.has(message.id)) return false;
    const kind = message.kind === 'notice' ? 'notice' : message.from === 'staff' || message.kind === 'staff' ? 'staff' : 'assistant';
    const turn = this.#turn(kind, message.at, this.#content(message));
    for (const button of message.buttons ?? []) this.#labels.set(button.payload, button.label);
    const chips = this.#chips(message);
    if (chips) turn.append(chips);
    this.#place(message.id, turn);
    return true;
  }

  /** What the resident says now, before the server has it. */
  addEntry(entry) {
    const turn = this.#turn('resident', entry.at, this.#ownContent(entry));
    turn.classList.add('unsent');
    this.#place(entry.id, turn);
    this.update(entry);
    this.#pass(turn);
    this.tidy();
  }

  /** Show where an entry stands: being sent, sent, failed, refused. */
  update(entry) {
    const turn = this.#turns.get(entry.id);
    if (!turn) return;
    turn.classList.toggle('waiting', entry.state === 'waiting');
    turn.classList.toggle('unsent', entry.state !== 'sent');
    const foot = turn.querySelector('.foot');
    turn.querySelector('.retry')?.remove();
    // The server's clock counts, once it has spoken.
    if (entry.state === 'sent') foot.replaceChildren(this.#time(turn.dataset.at));
    if (entry.state === 'waiting') foot.textContent = WORDS.sending;
    if (entry.state === 'refused') foot.replaceChildren(make('span', { class: 'why' }, entry.why));
    if (entry.state === 'failed') {
      foot.replaceChildren(make('span', { class: 'why' }, entry.why));
      const retry = make('button', { class: 'retry', type: 'button' }, WORDS.retry);
      retry.addEventListener('click', () => this.#tell('resend', entry.id));
      turn.append(retry);
    }
  }

  /** Forget everything but what has not been sent. */
  clear() {
    for (const [id, turn] of this.#turns) if (!turn.classList.contains('unsent')) this.#turns.delete(id);
    this.log.replaceChildren(...this.log.querySelectorAll('.unsent'));
  }

  /** A line of the page itself between the messages. */
  remark(words) {
    this.log.prepend(make('p', { class: 'day' }, words));
  }

  /** The resident's own message comes back: it settles our bubble, or makes one after a reload. */
  #addEcho(message) {
    const id = message.client_id ?? message.id;
    const turn = this.#turns.get(id);
    if (turn) {
      turn.classList.remove('unsent');
      turn.dataset.at = message.at;
      turn.querySelector('.foot').replaceChildren(this.#time(message.at));
      // Sent before the history was there, or crossed by another message: it goes where the server has it.
      const next = this.log.querySelector('.unsent');
      if (turn.nextElementSibling !== next) this.log.insertBefore(turn, next);
      this.#voices(turn.querySelector('.bubble'), message.media);
      return false;
    }
    const made = this.#turn('resident', message.at, this.#echoContent(message));
    this.#place(id, made);
    this.#pass(made);
    return true;
  }

  /** Buttons above the resident's newest message are of the past: grey, yet they can be pressed. */
  #pass(turn) {
    for (let above = turn.previousElementSibling; above && !above.classList.contains('past'); above = above.previousElementSibling) {
      if (above.querySelector('.chips')) above.classList.add('past');
    }
  }

  #turn(kind, at, content) {
    const who = make('p', { class: kind === 'resident' ? 'sr' : 'who' }, kind === 'notice' ? icon('bell') : null, WORDS[kind]);
    const foot = make('p', { class: 'foot' }, this.#time(at));
    return make('article', { class: `turn ${kind}`, 'data-at': at, 'data-kind': kind }, who, make('div', { class: 'bubble' }, ...content), foot);
  }

  #time(at) {
    return make('time', { datetime: at }, clock(new Date(at)));
  }

  #place(id, turn) {
    this.#turns.set(id, turn);
    this.log.insertBefore(turn, turn.classList.contains('unsent') ? null : this.log.querySelector('.unsent'));
  }

  /** Days between the messages, and a name only where the speaker changes. To be called after each batch. */
  tidy() {
    const kept = new Set();
    let last = null;
    for (const turn of this.log.querySelectorAll('.turn')) {
      const day = dayKey(new Date(turn.dataset.at));
      if (day !== last?.dataset.day) kept.add(this.#dayBefore(turn, day));
      turn.dataset.day = day;
      turn.classList.toggle('same', day === last?.dataset.day && turn.dataset.kind === last.dataset.kind);
      last = turn;
    }
    for (const line of this.log.querySelectorAll('time.day')) if (!kept.has(line)) line.remove();
  }

  #dayBefore(turn, day) {
    const above = turn.previousElementSibling;
    if (above?.matches('time.day') && above.dateTime === day) return above;
    const line = make('time', { class: 'day', datetime: day }, dayName(new Date(turn.dataset.at)));
    turn.before(line);
    return line;
  }

  #content(message) {
    const images = (message.images ?? []).map(({ url, alt }) => ({ url, alt: alt ?? (url.startsWith('/qr/') ? WORDS.code : WORDS.theirPhoto) }));
    return [this.#text(message.text), this.#photos(images)];
  }

  #ownContent({ kind, text, label, location, files, seconds }) {
    if (kind === 'photo') return [this.#photos(files.map((file) => ({ url: URL.createObjectURL(file), alt: WORDS.ownPhoto }))), this.#text(text)];
    if (kind === 'voice') return [icon('voice'), `${WORDS.voice} · ${length(seconds)}`];
    if (location) return this.#location(location);
    return [this.#text(label ?? text)];
  }

  #echoContent(message) {
    if (message.location) return this.#location(message.location);
    const media = message.media ?? [];
    const photos = media.filter((file) => file.kind === 'photo').map(({ url }) => ({ url, alt: WORDS.ownPhoto }));
    const holder = make('div', {}, this.#photos(photos), this.#text(message.text || this.#labels.get(message.payload)));
    for (const { kind, url } of media) {
      if (kind === 'voice') holder.append(icon('voice'), WORDS.voice);
      if (kind === 'video' || kind === 'file') holder.append(make('a', { href: url }, WORDS[kind]));
    }
    this.#voices(holder, media);
    return [holder];
  }

  #location({ lat, lon }) {
    return [icon('place'), `${WORDS.sharedPlace} (${lat.toFixed(5)}, ${lon.toFixed(5)})`];
  }

  #text(text) {
    return text ? make('p', { class: 'text' }, ...linkify(text)) : null;
  }

  #voices(holder, media = []) {
    for (const { kind, url } of media ?? []) {
      if (kind === 'voice' && url && !holder.querySelector('audio')) {
        holder.append(make('audio', { controls: true, preload: 'none', src: url, 'aria-label': WORDS.listen }));
      }
    }
  }

  #photos(images) {
    if (!images.length) return null;
    const list = make('div', { class: images.length > 1 ? 'photos many' : 'photos' });
    for (const { url, alt } of images) {
      const button = make('button', { class: 'picture', type: 'button', 'aria-label': WORDS.enlarge(alt) }, make('img', { src: url, alt }));
      button.addEventListener('click', () => this.#tell('enlarge', { src: url, alt }));
      list.append(button);
    }
    return list;
  }

  #chips({ buttons = [], ask }) {
    if (!buttons.length && ask !== 'location') return null;
    const list = make('ul', { class: 'chips' });
    for (const button of buttons) {
      const chip = make('button', { class: 'chip', type: 'button' }, button.label);
      chip.addEventListener('click', () => this.#press(chip, button));
      list.append(make('li', {}, chip));
    }
    if (ask === 'location') {
      const chip = make('button', { class: 'chip locate', type: 'button' }, icon('place'), WORDS.sharePlace);
      chip.addEventListener('click', () => this.#tell('locate'));
      list.append(make('li', {}, chip));
    }
    return list;
  }

  /** A double tap is one press. */
  #press(chip, button) {
    if (Date.now() - Number(chip.dataset.pressed ?? 0) < 1500) return;
    chip.dataset.pressed = Date.now();
    chip.setAttribute('aria-pressed', 'true');
    this.#tell('press', button);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
