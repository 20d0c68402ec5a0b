'use strict';

/* A voice message: tap to record, seconds are shown, send or cancel. It stops by itself after three minutes. */

const LONGEST_RECORDING = 180;
const VOICE_TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'];

/** Events: `start`, `tick` (seconds), `end` ({files, seconds} or null when cancelled), `advice` (sentence). */
class Recorder extends EventTarget {
  #recorder = null;
  #startedAt = 0;
  #timer = 0;
  #wanted = false;

  static get available() {
    return Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);
  }

  async start() {
    if (this.#recorder) return;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (error) {
      this.#tell('advice', error.name === 'NotAllowedError' || error.name === 'SecurityError' ? WORDS.voiceDenied : WORDS.voiceMissing);
      return;
    }
    this.#record(stream);
  }

  #record(stream) {
    const mimeType = VOICE_TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(stream, mimeType ? { mimeType, audioBitsPerSecond: 32_000 } : {});
    const parts = [];
    recorder.addEventListener('dataavailable', (event) => event.data.size && parts.push(event.data));
    recorder.addEventListener('stop', () => this.#finish(stream, parts, recorder.mimeType || mimeType || 'audio/webm'));
    recorder.start(1000);
    this.#recorder = recorder;
    this.#startedAt = Date.now();
    this.#wanted = true;
    this.#timer = setInterval(() => this.#tick(), 250);
    this.#tell('start');
    this.#tick();
  }

  /** End the recording and keep it (`send`) or throw it away. */
  stop(send) {
    this.#wanted = send;
    if (this.#recorder?.state === 'recording') this.#recorder.stop();
  }

  get #seconds() {
    return (Date.now() - this.#startedAt) / 1000;
  }

  #tick() {
    this.#tell('tick', this.#seconds);
    if (this.#seconds >= LONGEST_RECORDING) this.stop(true);
  }

  #finish(stream, parts, type) {
    const seconds = this.#seconds;
    clearInterval(this.#timer);
    for (const track of stream.getTracks()) track.stop();
    this.#recorder = null;
    const plain = type.split(';')[0];
    const file = new File(parts, `ghi-am.${plain.split('/')[1]}`, { type: plain });
    const good = this.#wanted && seconds >= 0.8 && file.size > 0;
    this.#tell('end', good ? { files: [file], seconds } : null);
    if (this.#wanted && !good) this.#tell('advice', WORDS.voiceShort);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
