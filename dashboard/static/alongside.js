// What makes the pages live. Every page works without it: this only saves reloading.
import { createAll, Button, ErrorSummary, ServiceNavigation, SkipLink } from "./vendor/govuk-frontend.min.js";

const body = document.body;
body.classList.add("js-enabled", "govuk-frontend-supported");
for (const part of [Button, ErrorSummary, ServiceNavigation, SkipLink]) createAll(part);

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const ask = (url, options = {}) => fetch(url, { ...options, headers: { "x-live": "1", ...options.headers }, redirect: "manual" });
const offset = Date.parse(body.dataset.now || "") - Date.now() || 0;

// Running clocks
const span = (seconds) => {
  const s = Math.floor(Math.abs(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} days`;
};
const tick = () => all("[data-due]").forEach((clock) => {
  const left = (Date.parse(clock.dataset.due) - Date.now() - offset) / 1000;
  clock.textContent = left >= 0 ? `${span(left)} left` : `${span(left)} late`;
  clock.classList.toggle("clock--late", left < 0);
});
tick();
setInterval(tick, 1000);

// Machine translations are slow: fetched one after the other once the page stands
let translating = Promise.resolve();
const translate = (root) => all("a[data-translate]", root).forEach((link) => {
  const box = link.parentElement;
  link.removeAttribute("data-translate");
  link.textContent = "Translating…";
  translating = translating.then(async () => {
    const answer = await ask(link.href);
    if (answer.ok) box.outerHTML = await answer.text();
    else link.textContent = "Show the machine translation";
  }).catch(() => { link.textContent = "Show the machine translation"; });
});
translate(document);

const RETRY = 2000;
const end = () => { location.assign("/sign-in?idle&next=" + encodeURIComponent(location.pathname)); };

// Parts of the page that are fetched anew when something they show has changed
const waiting = new Map();
const refresh = (part) => {
  if (waiting.has(part)) { waiting.set(part, true); return; }
  waiting.set(part, false);
  setTimeout(async () => {
    let failed = true;
    try {
      const answer = await ask(part.dataset.fragment);
      if (answer.status === 401) { end(); return; }
      if (answer.ok) {
        const html = await answer.text();
        failed = false;
        replace(part, html);
      } else failed = answer.status >= 500;
    } catch { /* the connection's own sign says so */ }
    const again = waiting.get(part);
    // What it missed may be an alarm, and no other news of it may come for minutes
    if (failed) setTimeout(() => { waiting.delete(part); refresh(part); }, RETRY);
    else { waiting.delete(part); if (again) refresh(part); }
  }, 60);
};
// Where the focus was, so that whoever goes by the keyboard does not lose her place: by its mark, as a link, as what opens a
// part, or as the button of a form
const place = (element) => {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.localName === "summary") return element.parentElement.id && `#${CSS.escape(element.parentElement.id)} > summary`;
  const [attribute, inside] = element.form ? ["action", " button"] : ["href", ""];
  const value = (element.form || element).getAttribute(attribute);
  return value && `[${attribute}="${CSS.escape(value)}"]${inside}`;
};
const replace = (part, html) => {
  const shown = html.replace(/(data-due="[^"]*">)[^<]*/g, "$1");
  if (part.dataset.shown === shown) return;
  part.dataset.shown = shown;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const mark = focused && place(focused);
  const open = all("details[open][id]", part).map((d) => d.id);
  const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 40;
  const before = new Map(all("[data-keep]", part).map((e) => [e.dataset.keep, e]));
  part.innerHTML = html;
  // A translation that stands already is not made again
  all("[data-keep]", part).forEach((e) => { if (before.has(e.dataset.keep)) e.replaceWith(before.get(e.dataset.keep)); });
  open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  if (mark) part.querySelector(mark)?.focus({ preventScroll: true });
  if (atEnd && part.dataset.follow !== undefined) window.scrollTo(0, document.documentElement.scrollHeight);
  createAll(Button, undefined, part);
  tick();
  translate(part);
};
const concerns = (part, event) => (part.dataset.kinds || "").split(" ").includes(event.kind)
  && (!part.dataset.person || String(event.person) === part.dataset.person || (part.dataset.alert && String(event.alert) === part.dataset.alert));

// News of alerts, on every page: the count, a spoken line, and a sound for those who switched it on
const news = document.getElementById("news");
const title = document.title;
const tabs = body.dataset.live ? new BroadcastChannel("alongside-live") : null;
// What was known when the page before this one was left: what opened between the two is news. Later it is only the list that the page shows anyway.
const REMEMBERED = 300000;
const remembered = () => {
  try {
    const { at, ids } = JSON.parse(sessionStorage.getItem("known"));
    return Date.now() - at < REMEMBERED ? new Set(ids) : null;
  } catch { return null; }
};
let known = remembered(), leads = false;
const soundOn = () => localStorage.getItem("sound") === "on";
// One for the page. The browser lets it sound only once the page was touched: one that it opened by itself is blocked until then.
let audio = null, owed = false;
const sounds = () => audio?.state === "running";
const showSound = () => {
  all("[data-sound]").forEach((button) => {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(soundOn() && sounds()));
    button.textContent = !soundOn() ? "Sound is off" : sounds() ? "Sound is on" : "Sound is blocked: press here";
  });
  // What came while it could not sound yet sounds as soon as it can
  if (owed && soundOn()) beep();
};
const wake = () => {
  if (!audio) {
    audio = new AudioContext();
    audio.addEventListener("statechange", showSound);
  }
  return audio.resume().catch(() => { /* the button says so */ });
};
const beep = () => {
  if (!sounds()) return false;
  owed = false;
  [0, 0.25].forEach((at) => {
    const tone = audio.createOscillator(), volume = audio.createGain();
    tone.frequency.value = 740;
    volume.gain.setValueAtTime(0.25, audio.currentTime + at);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.2);
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + 0.2);
  });
  return true;
};
const sound = () => {
  if (!leads || !soundOn() || beep()) return;
  owed = true;
  wake();
  tabs.postMessage({ type: "beep", data: "" });
};
let later = null;
const summary = async () => {
  const answer = await ask("/alerts/summary").catch(() => null);
  if (answer?.status === 401) { end(); return; }
  const told = answer?.ok ? await answer.json().catch(() => null) : null;
  if (!told) {
    later ??= setTimeout(() => { later = null; summary(); }, RETRY);
    return;
  }
  const { open, alarms } = told;
  all("[data-count]").forEach((count) => {
    count.hidden = !open;
    count.innerHTML = "";
    if (open) count.append(String(open), Object.assign(document.createElement("span"), { className: "govuk-visually-hidden", textContent: " waiting" }));
  });
  document.title = (open ? `(${open}) ` : "") + title;
  const fresh = known === null ? [] : alarms.filter((alarm) => !known.has(alarm.id));
  known = new Set(alarms.map((alarm) => alarm.id));
  if (!fresh.length) { all("a", news).forEach((a) => { if (!alarms.some((alarm) => alarm.href === a.getAttribute("href"))) a.closest("p").remove(); }); return; }
  for (const alarm of fresh) {
    const line = document.createElement("p");
    line.className = `news__line news__line--${alarm.urgency}`;
    line.append(Object.assign(document.createElement("strong"), { textContent: `New: ${alarm.words}. ` }),
      Object.assign(document.createElement("a"), { href: alarm.href, textContent: "Open the alert", className: "govuk-link" }));
    all("a", news).filter((a) => a.getAttribute("href") === alarm.href).forEach((a) => a.closest("p").remove());
    news.append(line);
  }
  sound();
};

// What of our own programs does not work now, as a page that is loaded anew says it
const troubles = document.getElementById("troubles");
const showTroubles = (now) => {
  const before = all("span", troubles).map((text) => text.textContent);
  if (JSON.stringify(now) === JSON.stringify(before)) return;
  troubles.replaceChildren(...now.map((text) => {
    const strip = document.getElementById("trouble").content.cloneNode(true);
    strip.querySelector("span").textContent = text;
    return strip;
  }));
  if (now.some((text) => !before.includes(text))) sound();
};

all("[data-sound]").forEach((button) => button.addEventListener("click", () => {
  localStorage.setItem("sound", soundOn() && sounds() ? "off" : "on");
  owed = soundOn();
  if (owed) wake().then(showSound);
  showSound();
}));
if (soundOn()) wake();
showSound();
// Any touch of a page lets it sound: the button stands on the list of alerts only
["pointerup", "keydown"].forEach((type) => addEventListener(type, (event) => {
  if (soundOn() && !sounds() && !event.target.closest?.("[data-sound]")) wake();
}, true));

const connection = document.getElementById("connection");
const connected = (yes) => {
  if (!connection || connection.dataset.live === String(yes)) return;
  connection.dataset.live = String(yes);
  connection.textContent = yes ? "Live" : "Not live: reconnecting";
};
const everything = () => { all("[data-fragment]").forEach(refresh); summary(); };

// A browser keeps few connections to one host, so of all open tabs one listens and tells the others.
if (body.dataset.live) {
  const strip = document.getElementById("leaving"), button = strip.querySelector("[data-stay]");
  const told = {
    ready: () => { connected(true); everything(); },
    down: () => connected(false),
    change: (data) => {
      const events = JSON.parse(data);
      if (!events.length) { everything(); return; }
      all("[data-fragment]").filter((part) => events.some((event) => concerns(part, event))).forEach(refresh);
      if (events.some((event) => event.kind === "alert")) summary();
    },
    trouble: (data) => showTroubles(JSON.parse(data)),
    leaving: (data) => {
      const [left, last] = data.split(" ");
      strip.hidden = !data;
      button.hidden = Boolean(last);
      const why = last ? "because a sign-in lasts 12 hours. Save what you have written." : "because nothing was done.";
      if (data) strip.querySelector("[data-text]").textContent = `You will be signed out in ${span(Number(left))} ${why}`;
    },
    beep: () => { if (beep()) tabs.postMessage({ type: "beeped", data: "" }); },
    beeped: () => { owed = false; },
    gone: end,
    // Left alone: only the list of alerts goes on, without names; every other page is closed
    idle: () => { if (!("watch" in body.dataset)) { end(); return; } strip.hidden = true; everything(); },
  };
  let source = null;
  const tell = (type, data = "") => { tabs.postMessage({ type, data }); told[type](data); };
  const listen = () => {
    leads = true;
    source = new EventSource(body.dataset.live);
    for (const type of ["ready", "change", "trouble", "leaving", "idle"]) source.addEventListener(type, (message) => tell(type, message.data));
    source.addEventListener("gone", () => { source.close(); tell("gone"); });
    source.onerror = () => {
      tell("down");
      if (source.readyState !== EventSource.CLOSED) return;
      // Refused for good: signed out, or the service is starting again
      setTimeout(async () => {
        const answer = await ask("/alerts/summary").catch(() => null);
        if (answer?.status === 401) tell("gone"); else listen();
      }, 3000);
    };
  };
  tabs.onmessage = ({ data: { type, data } }) => {
    if (type === "ask") { if (source?.readyState === EventSource.OPEN) tabs.postMessage({ type: "ready", data: "" }); } else told[type](data);
  };
  tabs.postMessage({ type: "ask" });
  if (navigator.locks) navigator.locks.request("alongside-live", () => new Promise(listen)); else listen();
  addEventListener("pagehide", () => {
    if (known) sessionStorage.setItem("known", JSON.stringify({ at: Date.now(), ids: [...known] }));
    source?.close();
    tabs.close();
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  const stay = async () => {
    const answer = await fetch("/account/stay", { method: "POST", headers: { "x-csrf": body.dataset.csrf } }).catch(() => null);
    if (answer?.ok && !button.hidden) strip.hidden = true;
  };
  button.addEventListener("click", stay);
  // Whoever writes is there: told at most once a minute
  let stayed = 0;
  addEventListener("input", () => {
    if (Date.now() - stayed < 60000) return;
    stayed = Date.now();
    stay();
  });
}

// How many texts own words make, while they are typed (GSM-7 160/153, otherwise 70/67)
all("[data-measure]").forEach((field) => {
  const shown = document.getElementById(field.dataset.measure);
  const plain = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[\]~|€]*$/;
  const count = () => {
    const text = field.value, one = plain.test(text), size = one ? text.replace(/[\^{}\\[\]~|€]/g, "xx").length : text.length;
    const texts = size <= (one ? 160 : 70) ? 1 : Math.ceil(size / (one ? 153 : 67));
    shown.textContent = text ? `${text.length} characters, ${texts} ${texts === 1 ? "text message" : "text messages"}` : "";
  };
  field.addEventListener("input", count);
  count();
});
