// Drag alpha and the layer, and the sentence changes its language.
import {data, field, format, h, percent, say, stop} from "./firth.js";

const show = () => {
  field("alpha-value").textContent = Number(field("alpha").value).toFixed(1);
  field("layer-value").textContent = field("layer").value;
};
for (const id of ["alpha", "layer"])
  for (const event of ["input", "change"]) field(id).addEventListener(event, show);

const one = stop({
  name: "shift",
  live: ["text", "alpha", "layer", "source", "target", "tokens"],
  read: () => ({
    text: field("text").value,
    source: field("source").value,
    target: field("target").value,
    layer: Number(field("layer").value),
    alpha: Number(field("alpha").value),
    tokens: field("tokens").value,
  }),
  show: answer => {
    const target = field("target").value;
    const name = code => data.languages[code] || code || "";
    // The mark of a word's beginning may be a token of its own; it says nothing to a reader.
    const told = answer.tokens.filter(own => own.token !== "▁" || own.output !== "▁");
    const pairs = told.map(own => h("li",
      {class: own.output_language === target ? "target" : null,
        title: `${name(own.output_language)} ${percent(own.probability)}`},
      h("span", {class: "was"}, own.token), h("span", {class: "visually-hidden"}, ` ${say.became} `),
      h("span", {class: "is"}, own.output)));
    const line = answer.converted === null ? say.unconverted
      : format(say.converted, {percent: percent(answer.converted), n: answer.n, language: name(target)});
    field("shown").replaceChildren(
      h("p", {class: "big", lang: target}, h("span", {class: "visually-hidden"}, say.output + ": "), answer.output),
      h("p", {}, line),
      h("h3", {}, say.table), h("ul", {class: "pairs"}, pairs));
  },
});

field("swap").addEventListener("click", () => {
  const from = field("source").value;
  field("source").value = field("target").value;
  field("target").value = from;
  one.run(false);
});
show();
