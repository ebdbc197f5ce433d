// The answer, marked in its text, and the answers beside it.
import {bars, field, format, h, percent, say, stop} from "./firth.js";

stop({
  name: "reading",
  read: () => ({context: field("context").value, question: field("question").value, top: 3}),
  show: answer => {
    const text = field("context").value;
    const best = answer.text && answer.answers[0];
    const shown = [h("p", {class: "big"}, h("span", {class: "visually-hidden"}, say.answer + ": "),
      answer.text ? h("mark", {}, answer.text) : say.none)];
    if (best) shown.push(h("p", {},
      text.slice(0, best.start), h("strong", {}, h("mark", {}, text.slice(best.start, best.end))), text.slice(best.end)));
    shown.push(bars({
      caption: say.others, heads: [say.passage, say.probability],
      rows: answer.answers.map(own => ({name: own.text, value: own.probability})), show: percent,
    }), h("p", {class: "hint"}, format(say.no_answer, {value: percent(answer.no_answer)})));
    field("shown").replaceChildren(...shown);
  },
});
