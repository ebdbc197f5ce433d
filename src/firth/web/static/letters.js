// Chinese, Japanese and Korean letters where the machine has none: they look like any letter that
// no font has. Text that is laid out while a font loads may keep its boxes, so the page waits.
(() => {
  const draw = letter => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 32;
    const paint = canvas.getContext("2d");
    paint.font = "24px sans-serif";
    paint.fillText(letter, 2, 26);
    return canvas.toDataURL();
  };
  if (draw("中") !== draw("\u{10FFFD}")) return;
  const root = document.documentElement;
  root.classList.add("waiting");
  const go = () => root.classList.remove("waiting");
  setTimeout(go, 3000);
  document.fonts.load('1rem "firth CJK"', "中").then(() => root.classList.add("letters")).finally(go);
})();
