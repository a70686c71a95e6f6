// What Streamlit has no widget for: the draft as it is typed, the time that is really
// spent on a case, and the keys that belong to no button.

const DRAFT_MS = 600; // a draft is at most this old, and the way to the server
const BEAT_MS = 15000; // how often a case that is looked at says so
const IDLE_MS = 30000; // without a key or the pointer for so long, nobody looks
const TICK_MS = 1000;
const SIGNS_OF_LIFE = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"];

const keepers = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  const keeper = keepers.get(parentElement) ?? start(parentElement);
  keepers.set(parentElement, keeper);
  keeper.show(component);
  return () => {
    keeper.stop();
    keepers.delete(parentElement);
  };
}

function start(root) {
  const now = { component: null, data: {}, active: 0, sent: "", beat: 0, life: 0 };
  const stopping = new AbortController();
  let pending = 0;

  const report = () => {
    clearTimeout(pending);
    pending = 0;
    const texts = read(now.data.fields ?? {});
    const content = JSON.stringify([texts, now.active]);
    if (!now.data.case || content === now.sent) return;
    now.sent = content;
    now.beat = Date.now();
    now.component.setStateValue("report", {
      case: now.data.case,
      texts,
      active: now.active,
    });
  };

  const tick = () => {
    const awake = Date.now() - now.life < IDLE_MS;
    if (!now.data.case || document.visibilityState !== "visible" || !awake) return;
    now.active += 1;
    paint(root, now);
    if (Date.now() - now.beat > BEAT_MS) report();
  };

  const on = (name, act, target = document) =>
    target.addEventListener(name, act, { signal: stopping.signal, capture: true, passive: name !== "keydown" });

  for (const name of SIGNS_OF_LIFE) on(name, () => (now.life = Date.now()));
  on("input", (event) => {
    if (isOurs(event.target, now.data.fields) && !pending)
      pending = setTimeout(report, DRAFT_MS);
  });
  on("keydown", (event) => pressed(event, now));
  on("visibilitychange", report);
  on("pagehide", report, window);
  const ticking = setInterval(tick, TICK_MS);

  return {
    show(component) {
      const before = now.data.case;
      now.component = component;
      now.data = component.data ?? {};
      if (now.data.case !== before) begin(now, before);
      remember(now.data.name);
      paint(root, now);
    },
    stop() {
      stopping.abort();
      clearInterval(ticking);
      clearTimeout(pending);
    },
  };
}

function begin(now, before) {
  now.active = now.data.active ?? 0;
  now.sent = JSON.stringify([read(now.data.fields ?? {}), now.active]);
  now.beat = now.life = Date.now();
  if (before) document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
}

// Keys without a button. Nothing happens while somebody types.
function pressed(event, now) {
  const typing = isEditable(event.composedPath()[0]);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing) {
    if (event.key === "Escape") event.composedPath()[0].blur();
    return;
  }
  const field = (now.data.focus ?? {})[event.key.toLowerCase()];
  if (event.key === "?") {
    event.preventDefault();
    now.component.setTriggerValue("help", Date.now());
  } else if (field) {
    event.preventDefault();
    document.querySelector(`.st-key-${field} textarea`)?.focus();
  }
}

function isEditable(element) {
  const names = ["INPUT", "TEXTAREA", "SELECT"];
  return Boolean(element) && (names.includes(element.tagName) || element.isContentEditable);
}

function isOurs(target, fields) {
  const keys = Object.values(fields ?? {});
  return keys.some((key) => target.closest?.(`.st-key-${key}`));
}

function read(fields) {
  const found = Object.entries(fields).map(([name, key]) => [
    name,
    document.querySelector(`.st-key-${key} textarea`)?.value ?? null,
  ]);
  return Object.fromEntries(found.filter(([, value]) => value !== null));
}

function paint(root, now) {
  const clock = root.querySelector(".doorstep-clock");
  if (!clock) return;
  const minutes = String(Math.floor(now.active / 60)).padStart(2, "0");
  const seconds = String(now.active % 60).padStart(2, "0");
  clock.textContent = `${minutes}:${seconds}`;
  clock.setAttribute("aria-label", `${now.data.label ?? ""} ${minutes}:${seconds}`);
}

// The name under which somebody writes outlives a reload of the page.
function remember(name) {
  if (!name) return;
  const value = `doorstep_name=${encodeURIComponent(name)}`;
  document.cookie = `${value}; path=/; max-age=31536000; SameSite=Strict`;
}
