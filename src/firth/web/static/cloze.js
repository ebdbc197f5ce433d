// The filled text, and the candidates of each blank as bars.
import {bars, field, format, h, percent, say, stop} from "./firth.js";

const BLANK = "[MASK]";

field("insert").addEventListener("click", () => {
  const text = field("text");
  text.setRangeText(BLANK, text.selectionStart, text.selectionEnd, "end");
  text.focus();
});

stop({
  name: "cloze",
  read: () => ({
    text: field("text").value,
    top: Number(field("top").value),
    only_language: field("only_language").value || null,
  }),
  show: answer => {
    const tables = answer.blanks.map(one => bars({
      caption: format(say.blank, {n: one.blank}),
      heads: [say.token, say.probability],
      rows: one.candidates.map(own => ({name: own.token, value: own.probability})),
      show: percent,
    }));
    field("shown").replaceChildren(
      h("p", {class: "big"}, h("span", {class: "visually-hidden"}, say.filled + ": "), answer.filled),
      h("div", {class: "columns"}, tables),
      h("p", {class: "hint"}, format(say.joint, {value: (answer.joint_log_probability ?? 0).toFixed(2)})));
  },
});
