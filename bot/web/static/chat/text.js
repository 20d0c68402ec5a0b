'use strict';

/* Text of a message -> safe DOM nodes; moments -> words. Nothing here ever parses HTML. */

const LINKS = /https?:\/\/[^\s<>"“”]+|(?<![\w/.])\/tra-cuu(?:\/[A-Za-z0-9-]+)?(?![\w/])/g;
const ZONE = 'Asia/Ho_Chi_Minh';
const CLOCK = new Intl.DateTimeFormat('vi-VN', { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: ZONE });
const DAY = new Intl.DateTimeFormat('vi-VN', { weekday: 'long', day: '2-digit', month: '2-digit', year: 'numeric', timeZone: ZONE });
const DAY_KEY = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE });

/** An element with attributes and children (nodes or strings). */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** One of the drawings in the page's sprite. */
function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A link for an http(s) address or a path of our own; null when it is neither. */
function anchor(address) {
  let url;
  try {
    url = new URL(address, location.origin);
  } catch {
    return null;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const ours = url.origin === location.origin;
  return make('a', { href: url.href, target: ours ? null : '_blank', rel: ours ? null : 'noopener noreferrer' }, address);
}

/** The text as nodes, with links. The full stop after an address is no part of it, nor is a bracket it did not open. */
function linkify(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(LINKS)) {
    let address = match[0].replace(/[.,;:!?…'’»]+$/, '');
    while (address.endsWith(')') && !address.includes('(')) address = address.slice(0, -1);
    const link = anchor(address);
    if (!link) continue;
    nodes.push(text.slice(end, match.index), link);
    end = match.index + address.length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== '');
}

/** `08:05` on the city's clock. */
function clock(moment) {
  return CLOCK.format(moment);
}

/** A key that is equal for moments of one day of the city. */
function dayKey(moment) {
  return DAY_KEY.format(moment);
}

/** `Hôm nay`, `Hôm qua` or the full date. */
function dayName(moment, now = new Date()) {
  if (dayKey(moment) === dayKey(now)) return WORDS.today;
  if (dayKey(moment) === dayKey(new Date(now - 86_400_000))) return WORDS.yesterday;
  return DAY.format(moment);
}

/** An id that no other message has; crypto.randomUUID is missing on plain http. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Storage that a strict browser may refuse: then this page only remembers until it is closed. */
const memory = {
  kept: new Map(),
  get(key, area = 'localStorage') {
    try {
      return window[area].getItem(key);
    } catch {
      return this.kept.get(key) ?? null;
    }
  },
  set(key, value, area = 'localStorage') {
    try {
      if (value === null) window[area].removeItem(key);
      else window[area].setItem(key, value);
    } catch {
      this.kept.set(key, value);
    }
  },
};
