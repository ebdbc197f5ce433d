// The matrix by layer: a table whose cells are coloured, so that it can be read without colours too.
import {data, field, format, h, say, stop} from "./firth.js";

// Viridis, nine steps of it (van der Walt & Smith 2015): the lighter, the more similar.
const STEPS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"]
  .map(one => [1, 3, 5].map(at => parseInt(one.slice(at, at + 2), 16)));
// More columns than this have no room for numbers.
const NUMBERS = 16;

let found = null;

function colour(share) {
  const place = Math.min(Math.max(share, 0), 1) * (STEPS.length - 1);
  const at = Math.min(Math.floor(place), STEPS.length - 2);
  return STEPS[at].map((low, k) => Math.round(low + (place - at) * (STEPS[at + 1][k] - low)));
}

const css = rgb => `rgb(${rgb.join(" ")})`;
// Black or white, whichever stands out more: relative luminance and contrast of WCAG 2.
const linear = part => part <= 0.04045 * 255 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
const bright = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) > 0.179;

function label(item) {
  const start = Math.max(0, item.start - 8);
  if (item.start === 0 && item.end === item.text.length) return [item.text];
  return [(start ? "…" : "") + item.text.slice(start, item.start),
    h("b", {}, item.text.slice(item.start, item.end)), item.text.slice(item.end)];
}

function draw() {
  const layer = Number(field("layer").value);
  const kind = document.querySelector("input[name=kind]:checked").value;
  const values = found[kind][layer];
  // One scale for all layers of a kind, so that they can be compared; an item with itself is 1.
  const others = found[kind].flatMap(rows => rows.flatMap((row, i) => row.filter((_, j) => i !== j)));
  const low = others.reduce((a, b) => Math.min(a, b), 1);
  field("layer-value").textContent = layer;
  const heads = found.items.map((_, at) => h("th", {scope: "col"}, String(at + 1)));
  const rows = values.map((row, i) => {
    const item = found.items[i];
    const cells = row.map((value, j) => {
      const rgb = colour((value - low) / (1 - low || 1));
      const shown = row.length <= NUMBERS ? value.toFixed(2) : "";
      const cell = h("td", {
        title: format(say.pair, {a: item.text, b: found.items[j].text, value: value.toFixed(3)}),
      }, shown || h("span", {class: "visually-hidden"}, value.toFixed(2)));
      cell.style.background = css(rgb);
      cell.style.color = bright(rgb) ? "#000" : "#fff";
      return cell;
    });
    return h("tr", {}, h("th", {scope: "row", title: item.text}, `${i + 1} `, label(item)), cells);
  });
  const table = h("table", {class: "matrix"},
    h("caption", {}, format(say.matrix, {layer, kind: say[kind]})),
    h("thead", {}, h("tr", {}, h("td", {}), heads)), h("tbody", {}, rows));
  const scale = h("canvas", {width: 90, height: 1, role: "presentation"});
  const paint = scale.getContext("2d");
  for (let x = 0; x < 90; x++) {
    paint.fillStyle = css(colour(x / 89));
    paint.fillRect(x, 0, 1, 1);
  }
  const legend = h("p", {class: "legend"}, `${say.least} ${low.toFixed(2)}`, scale, `1.00 ${say.most}`);
  const language = data.languages[found.language] || found.language;
  const note = h("p", {class: "hint"}, format(say.centred_of, {language}));
  field("shown").replaceChildren(
    h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": format(say.matrix, {layer, kind: say[kind]})}, table),
    legend, note);
}

field("layer").value = Math.round(2 * data.layers / 3);
field("layer").addEventListener("input", () => found && draw());
for (const one of document.querySelectorAll("input[name=kind]"))
  one.addEventListener("change", () => found && draw());

stop({
  name: "senses",
  read: () => ({
    sentences: field("sentences").value.split("\n").map(one => one.trim()).filter(Boolean),
    word: field("word").value,
  }),
  show: answer => {
    found = answer;
    draw();
  },
});
