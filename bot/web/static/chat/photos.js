'use strict';

/* Photos before they leave: checked, and scaled down when they are larger than anyone needs. */

const LONGEST_SIDE = 2560;
const LARGEST_BYTES = 20_000_000;
const HEAVY_BYTES = 4 * 1024 * 1024;
const MOST_PHOTOS = 10;

/** A photo fit for sending. Throws Error with a sentence for the resident. */
async function preparePhoto(file) {
  const image = await decode(file);
  if (!image) throw new Error(file.size > LARGEST_BYTES ? WORDS.tooLarge(file.name) : WORDS.notPhoto(file.name));
  const side = Math.max(image.width, image.height);
  const small = side > LONGEST_SIDE || file.size > HEAVY_BYTES ? await shrink(image, file, Math.min(1, LONGEST_SIDE / side)) : null;
  image.close?.();
  const best = small && (side > LONGEST_SIDE || small.size < file.size) ? small : file;
  if (best.size > LARGEST_BYTES) throw new Error(WORDS.tooLarge(file.name));
  return best;
}

/** The picture turned upright, or null when the browser cannot read the file. */
async function decode(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    return null;
  }
}

/** The same photo as JPEG, `scale` times as large; null when the canvas fails (too little memory). */
async function shrink(image, file, scale) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const brush = canvas.getContext('2d');
  if (!brush) return null;
  brush.fillStyle = '#fff';
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.88));
  return blob && new File([blob], `${file.name.replace(/\.[^.]*$/, '') || 'anh'}.jpg`, { type: 'image/jpeg' });
}

/** Photos in groups that fit into one request each. */
function inLoads(files) {
  const loads = [];
  let room = 0;
  for (const file of files) {
    if (file.size > room) {
      loads.push([]);
      room = LARGEST_BYTES;
    }
    loads.at(-1).push(file);
    room -= file.size;
  }
  return loads;
}

/** The photos above the text box. Events: `change`, `advice` (sentence). */
class Previews extends EventTarget {
  #chosen = [];

  constructor(list) {
    super();
    this.list = list;
  }

  get count() {
    return this.#chosen.length;
  }

  async add(files) {
    let advice = null;
    for (const file of files) {
      if (this.count >= MOST_PHOTOS) {
        advice = WORDS.tooMany(MOST_PHOTOS);
        break;
      }
      try {
        this.#show(await preparePhoto(file));
      } catch (error) {
        advice = error.message;
      }
    }
    this.dispatchEvent(new CustomEvent('advice', { detail: advice }));
  }

  /** All chosen photos; the list is empty afterwards. */
  take() {
    const files = this.#chosen.map(({ file }) => file);
    for (const { url } of this.#chosen) URL.revokeObjectURL(url);
    this.#chosen = [];
    this.list.replaceChildren();
    this.#changed();
    return files;
  }

  #show(file) {
    const url = URL.createObjectURL(file);
    const remove = make('button', { type: 'button', 'aria-label': WORDS.removePhoto(file.name) }, icon('close'));
    const item = make('li', {}, make('img', { src: url, alt: WORDS.preview(file.name) }), remove);
    const entry = { file, url };
    remove.addEventListener('click', () => {
      this.#chosen = this.#chosen.filter((other) => other !== entry);
      URL.revokeObjectURL(url);
      item.remove();
      this.#changed();
    });
    this.#chosen.push(entry);
    this.list.append(item);
    this.#changed();
  }

  #changed() {
    this.list.hidden = this.count === 0;
    this.dispatchEvent(new CustomEvent('change'));
  }
}
