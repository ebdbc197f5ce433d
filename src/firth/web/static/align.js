// A cube of layers, pairs and models: a stored one, or a new one.
import {field, stop} from "./firth.js";
import {show} from "./figures.js";

stop({
  name: "align",
  live: ["metric"],
  first: field("form").dataset.first === "yes",
  read: () => {
    const chosen = field("run").value;
    const stored = /^[0-9a-f]{16}$/.test(chosen);
    return {run: stored ? chosen : null, pair: stored ? "en-zh" : chosen, metric: field("metric").value};
  },
  show: answer => show(field("shown"), answer),
});
