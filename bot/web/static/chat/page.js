'use strict';

/* Puts the parts together. */

const TYPING_LIMIT = 20_000;

function startPage() {
  const part = (id) => document.getElementById(id);
  const link = new Link();
  const outbox = new Outbox(link);
  const bubbles = new Bubbles(part('log'));
  const composer = new Composer(part);
  const end = keepAtEnd(part);
  const typing = typingSign(part('typing'));
  const title = unreadTitle();
  let withStaff = false;

  function say(message) {
    bubbles.addEntry(outbox.add(message));
    part('hint').hidden = true;
    composer.expect(null);
    end.go();
  }

  function showRestored() {
    for (const entry of outbox.restore()) if (bubbles.isNew(entry.id)) bubbles.addEntry(entry);
  }

  function hear({ messages, first }) {
    for (const message of messages) {
      if (message.client_id) outbox.arrived(message.client_id);
      const fresh = bubbles.add(message);
      if (!fresh || message.from === 'resident') continue;
      withStaff = message.kind === 'staff' || (withStaff && message.kind === 'notice');
      composer.expect(message.ask);
      typing.stop();
      if (!first) title.count();
      if (!first) end.arrived();
    }
    bubbles.tidy();
    part('hint').hidden = !bubbles.empty;
    if (first) showRestored();
    if (first) end.go();
    part('log').removeAttribute('aria-busy');
  }

  composer.addEventListener('say', (event) => say(event.detail));
  bubbles.addEventListener('press', ({ detail }) => say({ kind: 'payload', payload: detail.payload, label: detail.label }));
  bubbles.addEventListener('locate', () => composer.locate());
  bubbles.addEventListener('resend', (event) => outbox.resend(event.detail));
  bubbles.addEventListener('enlarge', (event) => enlarge(part, event.detail));
  outbox.addEventListener('change', ({ detail: entry }) => {
    bubbles.update(entry);
    if (entry.state === 'sent' && !withStaff) typing.start();
  });
  link.addEventListener('messages', (event) => hear(event.detail));
  link.addEventListener('lost', () => {
    bubbles.clear();
    bubbles.remark(WORDS.renewed);
    part('hint').hidden = !bubbles.empty;
    typing.stop();
  });
  showConnection(part('banner'), link, outbox);
  for (const example of document.querySelectorAll('.example')) {
    example.addEventListener('click', () => {
      composer.write(example.textContent);
      part('say').focus();
    });
  }
  fitWindow();
  if (!link.session) {
    showRestored();
    return;
  }
  part('hint').hidden = true;
  part('log').setAttribute('aria-busy', 'true');
  link.listen();
}

/** Stay at the newest message unless the resident has scrolled up to read. */
function keepAtEnd(part) {
  const scroll = part('scroll');
  const button = part('to-end');
  let atEnd = true;
  let last = 0;
  const go = () => {
    atEnd = true;
    scroll.scrollTop = scroll.scrollHeight;
    button.hidden = true;
  };
  scroll.addEventListener('scroll', () => {
    const near = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
    // Only a move upwards leaves the end: the event of our own move may come after the next message has grown the log.
    if (near || scroll.scrollTop < last) atEnd = near;
    if (near) button.hidden = true;
    last = scroll.scrollTop;
  });
  button.addEventListener('click', go);
  // Photos that load, a keyboard that opens and a box that grows all move the end.
  const watcher = new ResizeObserver(() => atEnd && part('log').childElementCount && go());
  for (const node of [scroll, part('log'), part('typing')]) watcher.observe(node);
  return { go, arrived: () => (button.hidden = atEnd) };
}

function typingSign(sign) {
  let timer = 0;
  const stop = () => {
    clearTimeout(timer);
    sign.replaceChildren();
  };
  const start = () => {
    stop();
    const dots = make('span', { 'aria-hidden': 'true' }, make('i'), make('i'), make('i'));
    sign.replaceChildren(dots, `${WORDS.assistant} ${WORDS.typing}`);
    timer = setTimeout(stop, TYPING_LIMIT);
  };
  return { start, stop };
}

/** The number of messages that came while the page was out of sight, in its title. */
function unreadTitle() {
  const plain = document.title;
  let unread = 0;
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') {
      unread = 0;
      document.title = plain;
    }
  });
  return {
    count() {
      if (document.visibilityState === 'visible') return;
      unread += 1;
      document.title = WORDS.unread(unread) + plain;
    },
  };
}

function showConnection(banner, link, outbox) {
  let up = true;
  const show = (now) => {
    if (now && !up) outbox.resend();
    up = now;
    banner.hidden = up;
    banner.textContent = up ? '' : WORDS.offline;
  };
  link.addEventListener('link', (event) => show(event.detail));
  window.addEventListener('offline', () => show(false));
  window.addEventListener('online', () => show(true));
  if (!navigator.onLine) show(false);
}

function enlarge(part, { src, alt }) {
  const viewer = part('viewer');
  part('viewer-image').src = src;
  part('viewer-image').alt = alt;
  part('viewer-close').onclick = () => viewer.close();
  viewer.onclick = (event) => event.target === viewer && viewer.close();
  viewer.showModal();
}

/** iOS lays the keyboard over the page; the composer must stand above it. Pinching to zoom changes nothing. */
function fitWindow() {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    const covered = view.scale === 1 && view.height < window.innerHeight - 60;
    if (covered) document.documentElement.style.setProperty('--window', `${view.height}px`);
    else document.documentElement.style.removeProperty('--window');
    if (covered) window.scrollTo(0, 0);
  };
  view.addEventListener('resize', fit);
}

startPage();
