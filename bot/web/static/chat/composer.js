'use strict';

/* The box at the bottom: text, photos, place, voice. It only says what the resident wants to send. */

const DRAFT_KEY = 'langnghe.draft';

/** Event `say` with a message for the outbox: {kind, text?, location?, files?, seconds?}. */
class Composer extends EventTarget {
  constructor(part) {
    super();
    this.part = part;
    this.previews = new Previews(part('previews'));
    this.recorder = new Recorder();
    this.#writing();
    this.#choosingPhotos();
    this.#speaking();
    part('place').addEventListener('click', () => this.locate());
    this.write(memory.get(DRAFT_KEY, 'sessionStorage') ?? '');
  }

  /** Put a sentence into the box, ready to be changed. */
  write(text) {
    this.part('say').value = text;
    this.#grow();
  }

  /** What the assistant asked for: "location", "phone" or nothing. */
  expect(ask) {
    this.part('place').classList.toggle('wanted', ask === 'location');
    this.part('say').inputMode = ask === 'phone' ? 'tel' : 'text';
  }

  /** A sentence above the box, with choices [{label, act}]; null takes it away. */
  advise(words, choices = []) {
    const advice = this.part('advice');
    const buttons = choices.map(({ label, act }) => {
      const button = make('button', { type: 'button' }, label);
      button.addEventListener('click', () => {
        this.advise(null);
        act();
      });
      return button;
    });
    advice.replaceChildren(words ?? '', make('br'), ...buttons);
    if (!buttons.length) advice.textContent = words ?? '';
    advice.hidden = !words;
  }

  async locate() {
    const button = this.part('place');
    if (button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    this.advise(WORDS.locating);
    try {
      const { lat, lon, accuracy } = await findPlace();
      const send = () => this.#say({ kind: 'location', location: { lat, lon } });
      this.advise(null);
      if (accuracy <= ROUGH_METRES) send();
      else this.#askRough(accuracy, send);
    } catch (error) {
      this.advise(error.message);
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  #askRough(accuracy, send) {
    this.advise(WORDS.rough(distance(accuracy)), [
      { label: WORDS.roughSend, act: send },
      { label: WORDS.roughWrite, act: () => this.part('say').focus() },
    ]);
  }

  #writing() {
    const box = this.part('say');
    box.addEventListener('input', () => this.#grow());
    box.addEventListener('keydown', (event) => {
      // Input methods for Vietnamese compose; their Enter only ends the word. On touch screens Enter makes a new line.
      const composing = event.isComposing || event.keyCode === 229;
      if (event.key !== 'Enter' || event.shiftKey || composing || !matchMedia('(hover: hover) and (pointer: fine)').matches) return;
      event.preventDefault();
      this.#submit();
    });
    this.part('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.previews.addEventListener('change', () => this.#ready());
  }

  #grow() {
    const box = this.part('say');
    box.style.height = 'auto';
    box.style.height = `${box.scrollHeight}px`;
    // The camera may push the page out of a phone's memory; the words must not go with it.
    memory.set(DRAFT_KEY, box.value || null, 'sessionStorage');
    this.#ready();
  }

  #ready() {
    const something = this.part('say').value.trim() || this.previews.count;
    this.part('send').setAttribute('aria-disabled', something ? 'false' : 'true');
  }

  #submit() {
    const text = this.part('say').value.trim();
    const photos = this.previews.take();
    this.advise(null);
    if (!photos.length && !text) {
      this.part('say').focus();
      return;
    }
    this.write('');
    if (!photos.length) this.#say({ kind: 'text', text });
    inLoads(photos).forEach((files, n) => this.#say({ kind: 'photo', files, text: n === 0 ? text : '' }));
    this.part('say').focus();
  }

  #choosingPhotos() {
    const picker = this.part('photo-file');
    const form = this.part('composer');
    const images = (list) => [...list].filter((file) => file.type.startsWith('image/'));
    this.part('photo').addEventListener('click', () => picker.click());
    picker.addEventListener('change', async () => {
      await this.previews.add([...picker.files]);
      picker.value = '';
    });
    this.previews.addEventListener('advice', (event) => this.advise(event.detail));
    this.part('say').addEventListener('paste', (event) => {
      const pasted = images(event.clipboardData?.files ?? []);
      if (pasted.length) event.preventDefault();
      if (pasted.length) this.previews.add(pasted);
    });
    for (const type of ['dragover', 'dragleave', 'drop']) {
      form.addEventListener(type, (event) => {
        if (!event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        form.classList.toggle('drop', type === 'dragover');
        if (type === 'drop') this.previews.add([...event.dataTransfer.files]);
      });
    }
  }

  #speaking() {
    this.part('voice').hidden = !Recorder.available;
    this.part('voice').addEventListener('click', () => this.recorder.start());
    this.part('voice-send').addEventListener('click', () => this.recorder.stop(true));
    this.part('voice-cancel').addEventListener('click', () => this.recorder.stop(false));
    this.recorder.addEventListener('advice', (event) => this.advise(event.detail));
    this.recorder.addEventListener('tick', (event) => (this.part('seconds').textContent = length(event.detail)));
    this.recorder.addEventListener('start', () => this.#recording(true));
    this.recorder.addEventListener('end', (event) => {
      this.#recording(false);
      if (event.detail) this.#say({ kind: 'voice', ...event.detail });
    });
  }

  #recording(on) {
    this.advise(null);
    this.part('recorder').hidden = !on;
    this.part('tools').hidden = on;
    this.part('say').disabled = on;
    this.part(on ? 'voice-send' : 'voice').focus();
  }

  #say(message) {
    this.dispatchEvent(new CustomEvent('say', { detail: message }));
  }
}
