// Draws the figures of a result with the Vega libraries, which the server brings; no code is made of
// their expressions (the interpreter reads them), so that the page's policy can forbid that.
import {data, format, h} from "./firth.js";

const words = data.say.figures;
// More findings than this are folded, so that the figures stand where they are looked for.
const MOST = 3;

function download(name, address) {
  const link = h("a", {href: address, download: name});
  link.click();
  if (address.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(address), 10000);
}

const blob = (content, type) => URL.createObjectURL(new Blob([content], {type}));

// The mark at the start of a CSV file tells spreadsheets that it is UTF-8.
const SAVE = {
  svg: async (view, one) => download(one.file + ".svg", blob(await view.toSVG(), "image/svg+xml")),
  png: async (view, one) => download(one.file + ".png", await view.toImageURL("png", 2)),
  csv: async (view, one) => download(one.file + ".csv", blob("\ufeff" + one.csv, "text/csv;charset=utf-8")),
};

async function draw(one) {
  const canvas = h("div", {class: "canvas"});
  const scroll = h("div", {class: "drawing", tabindex: "0", role: "region", "aria-label": one.title}, canvas);
  const buttons = h("div", {class: "buttons"});
  const figure = h("figure", {}, scroll, buttons);
  try {
    const {view} = await vegaEmbed(canvas, one.spec, {
      renderer: "svg", actions: false, ast: true, defaultStyle: false,
      tooltip: {theme: "light", disableDefaultStyle: true},
    });
    // Read out mark by mark a figure says little: its title, the findings and its data say more.
    canvas.querySelector("svg").setAttribute("aria-hidden", "true");
    for (const kind of Object.keys(SAVE)) {
      const button = h("button", {
        type: "button",
        "aria-label": format(words.save_what, {what: words["save_" + kind], title: one.title}),
      }, words["save_" + kind]);
      button.addEventListener("click", () => SAVE[kind](view, one));
      buttons.append(button);
    }
  } catch (error) {
    canvas.replaceChildren(h("p", {class: "error"}, format(words.failed, {error: error.message})));
    console.error(error);
  }
  return figure;
}

export async function show(place, answer) {
  // Text is measured while drawing, so the letters must be there first.
  await document.fonts.load('12px "firth CJK"', "苹果 Aя").catch(() => {});
  let lines = answer.findings.map(line => h("p", {class: "finding"}, line));
  if (lines.length > MOST) lines = [h("details", {}, h("summary", {}, `${words.findings} (${lines.length})`), lines)];
  const notes = answer.warnings.map(line => h("p", {class: "missing", role: "note"}, line));
  const figures = [];
  for (const one of answer.figures) figures.push(await draw(one));
  place.replaceChildren(h("h3", {}, answer.title), ...lines, ...notes, ...figures);
}
