"use strict";
// The phones page: asks twice a second what changed and redraws only that. Every text goes in as text, never as markup.
const $ = (id) => document.getElementById(id);
const phones = new Map();
let version = 0, run = null, lost = false, begun = false, chosen = decodeURIComponent(location.hash.slice(1)) || null, seen = new Map(), drawn = -1;

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) { element.textContent = text; element.dir = "auto"; }
  return element;
}

async function call(method, path, body) {
  const answer = await fetch(path, { method, headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body) });
  const got = await answer.json();
  if (!answer.ok) throw new Error(got.error || answer.statusText);
  return got;
}
const path = (rest) => `/phones/${encodeURIComponent(chosen)}/${rest}`;
const trouble = (words) => { $("trouble").textContent = words || ""; };
const attempt = (work) => work().then(() => trouble(""), (error) => trouble(error.message));

const STATES = { queued: "on its way", accepted: "on its way", scheduled: "scheduled", sent: "sent", delivered: "delivered", read: "read",
  undelivered: "not delivered", failed: "failed", canceled: "cancelled", received: "sent" };

function drawText(text) {
  const item = make("li", `${text.direction} ${text.channel}${text.arrived ? "" : " waiting"}${text.error_code ? " failed" : ""}`);
  item.append(make("p", "bubble", text.body || (text.media.length ? "[picture or file]" : "[empty]")));
  if (text.direction === "received" && text.arrived && text.buttons.length) {
    const box = make("div", "buttons");
    for (const button of text.buttons) {
      const tap = make("button", "", button.text);
      tap.type = "button";
      tap.addEventListener("click", () => attempt(() => send({ button_payload: button.payload, channel: text.channel, reply_to: text.sid })));
      box.append(tap);
    }
    item.append(box);
  }
  const time = new Date(text.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const state = STATES[text.status] + (text.error_code ? ` (${text.error_code})` : "");
  const channel = text.channel === "whatsapp" ? "WhatsApp" : "SMS";
  item.append(make("p", "note", [channel, time, state, text.by_twilio ? "from Twilio itself" : ""].filter(Boolean).join(" · ")));
  return item;
}

// Only what is new or different is touched, so that a screen reader says just that.
function drawThread(thread, texts) {
  const there = new Map([...thread.children].map((item) => [item.dataset.sid, item]));
  let at = thread.firstElementChild;
  for (const text of texts) {
    const print = JSON.stringify(text), old = there.get(text.sid);
    let item = old;
    if (old?.dataset.print !== print) {
      item = drawText(text);
      Object.assign(item.dataset, { sid: text.sid, print });
      if (old) { if (old === at) at = item; old.replaceWith(item); }
    }
    there.delete(text.sid);
    if (item === at) at = at.nextElementSibling;
    else thread.insertBefore(item, at);
  }
  for (const gone of there.values()) gone.remove();
}

function drawCall(one) {
  const item = make("li", "", `${new Date(one.at).toLocaleString()} · ${one.status}${one.duration_s ? ` · ${one.duration_s} s` : ""}${one.answered_by ? ` · heard as ${one.answered_by}` : ""}`);
  const heard = make("ul");
  for (const h of one.heard) {
    const words = { Say: `Said: ${h.text}`, Play: `Played: ${h.url} (${h.status ?? "no answer"})`, Gather: h.pressed ? `Pressed ${h.pressed}` : "Pressed nothing",
      end: `Ended by the ${h.by}`, error: `Error ${h.code}`, Pause: "Silence" }[h.verb] || h.verb;
    heard.append(make("li", "", words));
  }
  item.append(heard);
  return item;
}

function drawList() {
  const items = [...phones.values()].sort((a, b) => (a.name === "") - (b.name === "") || a.name.localeCompare(b.name) || b.changed - a.changed).slice(0, 200);
  const held = document.activeElement?.dataset?.number;
  $("phones").replaceChildren(...items.map((phone) => {
    const item = make("li"), button = make("button");
    button.type = "button";
    button.dataset.number = phone.number;
    button.setAttribute("aria-current", String(phone.number === chosen));
    button.append(make("span", "name", phone.name || phone.number), make("span", "last", phone.last));
    if (phone.call) button.append(make("span", "news", phone.call.status === "ringing" ? "Ringing" : "In a call"));
    else if (phone.number !== chosen && (seen.get(phone.number) ?? 0) < phone.changed) button.append(make("span", "news", "New"));
    button.addEventListener("click", () => { chosen = phone.number; location.hash = chosen; drawn = -1; attempt(drawPhone); drawList(); });
    item.append(button);
    return item;
  }));
  if (held) document.querySelector(`[data-number="${CSS.escape(held)}"]`)?.focus();
  $("empty").hidden = items.length > 0;
}

async function drawPhone() {
  const phone = phones.get(chosen);
  $("phone").hidden = !phone;
  if (!phone || phone.changed === drawn) return;
  drawn = phone.changed;
  seen.set(phone.number, phone.changed);
  const [texts, calls] = await Promise.all([call("GET", path("texts?all=1")), call("GET", path("calls"))]);
  if (phone.number !== chosen) return;
  $("who").textContent = phone.name || phone.number;
  $("number").textContent = phone.name ? phone.number : "";
  const thread = $("thread"), low = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
  drawThread(thread, texts.slice(-200));
  if (low) thread.scrollTop = thread.scrollHeight;
  $("calls").replaceChildren(...calls.slice(-20).reverse().map(drawCall));
  $("calls-box").hidden = calls.length === 0;
  $("call").hidden = !phone.call;
  if (phone.call) {
    const ringing = phone.call.status === "ringing";
    $("call-state").textContent = ringing ? "The phone is ringing" : "In a call";
    $("ringing").hidden = !ringing || phone.voice !== "by-hand";
    $("talking").hidden = ringing;
  }
}

async function send(text) {
  $("sent").textContent = "Sending…";
  const got = await call("POST", path("texts"), text);
  $("sent").textContent = got.webhook_status ? `The app answered ${got.webhook_status} in ${Math.round(got.milliseconds)} ms` : "The app did not get it";
}

async function look() {
  const news = await call("GET", `/changes?after=${version}`);
  if (news.run !== run) { // another simulator: begin anew
    const first = run === null;
    run = news.run;
    if (!first) { phones.clear(); seen.clear(); version = 0; drawn = -1; return look(); }
  }
  version = news.version;
  for (const phone of news.phones) phones.set(phone.number, phone);
  $("clock").textContent = news.factor === 1 ? "" : `Its clock runs ${news.factor} times as fast: ${new Date(news.now).toLocaleString()}`;
  if (!chosen && phones.size) chosen = [...phones.values()].sort((a, b) => (a.name === "") - (b.name === ""))[0].number;
  if (!begun) for (const phone of news.phones) seen.set(phone.number, phone.changed);
  begun = true;
  if (news.phones.length) drawList();
  await drawPhone();
}

$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    await send({ body: $("body").value, channel: document.querySelector("[name=channel]:checked").value });
    $("body").value = "";
    await look();
  });
});
$("body").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("compose").requestSubmit(); }
});
$("add").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => { await call("PUT", `/phones/${encodeURIComponent($("new-number").value)}`, {}); $("new-number").value = ""; await look(); });
});
for (const key of "123456789*0#") {
  const button = make("button", "", key);
  button.type = "button";
  button.addEventListener("click", () => attempt(() => call("POST", path("keys"), { keys: key })));
  $("pad").append(button);
}
for (const button of document.querySelectorAll("[data-accept]")) {
  button.addEventListener("click", () => attempt(() => call("POST", path("answer"), { accept: button.dataset.accept === "yes" })));
}
$("hangup").addEventListener("click", () => attempt(() => call("POST", path("hangup"), {})));
const found = () => { if (lost) { lost = false; trouble(); } };
const missed = () => { lost = true; trouble("The simulator does not answer."); };
const round = () => look().then(found, missed).finally(() => setTimeout(round, 500));
round();
