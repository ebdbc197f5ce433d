// What all stops share: asking the server, its errors at the fields, and where a question stands.

export const data = JSON.parse(document.getElementById("data").textContent);
export const say = data.say.stop;
const words = data.say.status;

export function format(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => key in values ? values[key] : whole);
}

// h("td", {class: "number"}, "0.5"): an element; text is always text, never HTML.
export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter(child => child !== null && child !== undefined));
  return made;
}

export const field = id => document.getElementById(id);

export class Refused extends Error {
  constructor(errors) {
    super(errors.map(one => one.message).join(" "));
    this.errors = errors;
  }
}

// Ask, and be told where the question stands until the answer is there.
export async function ask(name, question, {signal, told = () => {}} = {}) {
  const response = await fetch("/api/" + name, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Accept": "application/x-ndjson",
      "Accept-Language": data.language,
    },
    body: JSON.stringify(question),
    signal,
  });
  if (!response.ok) throw new Refused((await response.json()).errors);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const {done, value} = await reader.read();
    if (done) throw new TypeError("the answer ended early");
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const status = JSON.parse(line);
      if (status.state === "done") return status.answer;
      if (status.state === "failed") throw new Refused(status.errors);
      if (status.state === "cancelled") throw new TypeError("the work was given up");
      told(status);
    }
  }
}

function standing(status) {
  if (status.state === "waiting")
    return status.place ? format(words.waiting, status) : words.next;
  if (status.total) return format(words.steps, status);
  return status.done ? format(words.counted, status) : words.working;
}

export function clearMistakes() {
  for (const place of document.querySelectorAll(".mistake")) {
    place.hidden = true;
    place.textContent = "";
  }
  for (const input of document.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  field("mistakes").hidden = true;
}

function showMistakes(errors, focus) {
  let first = null;
  const others = [];
  for (const error of errors) {
    const place = error.field && field(error.field + "-mistake");
    if (!place) {
      others.push(error.message);
      continue;
    }
    const input = field(error.field);
    place.hidden = false;
    place.textContent += (place.textContent ? " " : "") + error.message;
    input.setAttribute("aria-invalid", "true");
    first = first || input;
  }
  const box = field("mistakes");
  box.hidden = !others.length;
  box.textContent = others.join(" ");
  if (first && focus) first.focus();
}

// A stop: reads its fields into a question, asks, and shows the answer.
//   live  ids of fields whose every change asks again, a moment after the last one
export function stop({name, read, show, live = [], first = true}) {
  const form = field("form");
  let running = null;
  let timer = null;

  async function run(focus) {
    clearTimeout(timer);
    if (running) running.abort();
    const own = running = new AbortController();
    const begun = performance.now();
    const answer = field("answer");
    clearMistakes();
    answer.setAttribute("aria-busy", "true");
    // Only what lasts is announced: a status that flickers with every letter says nothing.
    const slow = setTimeout(() => {
      field("status").textContent = words.working;
      field("stop").hidden = false;
    }, 400);
    let latest = "";
    try {
      const found = await ask(name, read(), {signal: own.signal, told: status => {
        latest = standing(status);
        if (performance.now() - begun > 400) field("status").textContent = latest;
      }});
      if (own !== running) return;
      await show(found);
      answer.hidden = false;
      field("status").textContent =
        format(words.done, {seconds: ((performance.now() - begun) / 1000).toFixed(1)});
    } catch (error) {
      if (own !== running) return;
      if (error.name === "AbortError") field("status").textContent = words.stopped;
      else if (error instanceof Refused) {
        field("status").textContent = words.failed;
        showMistakes(error.errors, focus);
      } else {
        field("status").textContent = words.failed;
        showMistakes([{message: words.gone}], false);
        console.warn(error);
      }
    } finally {
      clearTimeout(slow);
      if (own === running) {
        running = null;
        field("stop").hidden = true;
        answer.removeAttribute("aria-busy");
      }
    }
  }

  form.addEventListener("submit", event => {
    event.preventDefault();
    run(true);
  });
  field("stop").addEventListener("click", () => running && running.abort());
  const later = wait => {
    clearTimeout(timer);
    timer = setTimeout(() => run(false), wait);
  };
  for (const id of live)
    field(id).addEventListener("input", () => later(field(id).type === "range" ? 80 : 350));
  for (const chip of document.querySelectorAll("[data-example]"))
    chip.addEventListener("click", () => {
      fill(data.examples[Number(chip.dataset.example)]);
      run(false);
    });
  if (!restore() && data.examples.length) fill(data.examples[0]);
  if (first) run(false);
  return {run};
}

// Put an example's values into the fields of the same names.
export function fill(example) {
  for (const [key, value] of Object.entries(example)) {
    const input = field(key);
    if (!input || key === "name") continue;
    input.value = Array.isArray(value) ? value.join("\n") : value;
    input.dispatchEvent(new Event("change", {bubbles: true}));
  }
}

// What was typed goes along when the language of the page is switched.
const fields = () => [...document.querySelectorAll("#form [id]:is(textarea, input, select)")];

for (const link of document.querySelectorAll("a[data-language]"))
  link.addEventListener("click", () => {
    const typed = Object.fromEntries(fields().map(input => [input.id, input.value]));
    sessionStorage.setItem("typed", JSON.stringify([link.pathname, typed]));
  });

function restore() {
  const kept = sessionStorage.getItem("typed");
  sessionStorage.removeItem("typed");
  if (!kept) return false;
  const [path, typed] = JSON.parse(kept);
  if (path !== location.pathname) return false;
  fill(typed);
  return true;
}

// A table of names with bars; values between 0 and 1.
export function bars({caption, heads, rows, show = value => value.toFixed(3)}) {
  const most = Math.max(...rows.map(row => row.value), 1e-9);
  const body = rows.map(row => {
    const bar = h("span", {class: "fill"});
    bar.style.width = (100 * Math.max(0, row.value) / most) + "%";
    return h("tr", {}, h("th", {scope: "row"}, row.name),
      h("td", {class: "bar", "aria-hidden": "true"}, bar),
      h("td", {class: "number"}, show(row.value)));
  });
  return h("table", {class: "bars"}, h("caption", {}, caption),
    h("thead", {}, h("tr", {}, h("th", {scope: "col"}, heads[0]), h("td", {"aria-hidden": "true"}),
      h("th", {scope: "col", class: "number"}, heads[1]))),
    h("tbody", {}, body));
}

export const percent = value => {
  const text = (100 * value).toFixed(1);
  return (text === "0.0" && value > 0 ? "< 0.1" : text) + " %";
};
