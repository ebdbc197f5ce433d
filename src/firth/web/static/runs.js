// Narrow the list to the runs that hold what is typed.
import {field, say} from "./firth.js";

const filter = field("filter");
if (filter) filter.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  let left = 0;
  for (const run of document.querySelectorAll("#runs > li")) {
    run.hidden = !run.textContent.toLowerCase().includes(wanted);
    left += !run.hidden;
  }
  field("status").textContent = left ? "" : say.none;
});
