// The nearest words as bars; a piece that goes on with a word is written with a hyphen.
import {bars, field, format, say, stop} from "./firth.js";

stop({
  name: "neighbours",
  live: ["word"],
  read: () => ({word: field("word").value.trim(), top: 12}),
  show: answer => field("shown").replaceChildren(bars({
    caption: format(say.neighbours, {word: answer.word}),
    heads: [say.near, say.cosine],
    rows: answer.neighbours.map(own => ({name: (own.begins ? "" : "-") + own.word, value: own.cosine})),
  })),
});
