// The curve of a training: loss, alignment, and where they change.
import {field, stop} from "./firth.js";
import {show} from "./figures.js";

stop({
  name: "pretrain",
  first: field("form").dataset.first === "yes",
  read: () => ({run: field("run").value || null}),
  show: answer => show(field("shown"), answer),
});
