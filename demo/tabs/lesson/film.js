// Film and dial as they were saved, whatever stood there when the screen was left.
let beat = 0;
const rest = (screen) => {
  for (const film of all(".film", screen)) if (!beat) frame(film, all(".frame", film).length - 1);
  for (const root of all(".dial", screen)) {
    find("input", root).value = find("input", root).max;
    dial(root);
  }
};
const stop = () => {
  beat = clearInterval(beat) ?? 0;
  all(".play").forEach((button) => (button.textContent = "Play"));
};
const frame = (film, at) => {
  all(".frame", film).forEach((one, i) => (one.hidden = i !== at));
  const shown = all(".frame", film)[at];
  find("input", film).value = at;
  find("output", film).textContent = shown.dataset.title;
  find("input", film).setAttribute("aria-valuetext", shown.dataset.title);
};
const play = (film) => {
  const input = find("input", film);
  stop();
  if (Number(input.value) === Number(input.max)) frame(film, 0);
  find(".play", film).textContent = "Pause";
  beat = setInterval(() => {
    const next = Number(input.value) + 1;
    frame(film, next);
    if (next < Number(input.max)) return;
    stop();
    find(".play", film).textContent = "Play again";
  }, 550);
};

// Of 128 the amplified change is the distance; `contrast` scales exactly that, and opacity blends the two photos.
const dial = (root) => {
  const at = Number(find("input", root).value);
  const share = `${at * 10}%`;
  root.style.setProperty("--share", at / 10);
  find("output", root).textContent = share;
  find("input", root).setAttribute("aria-valuetext", share);
  all(".stop", root).forEach((one) => (one.hidden = Number(one.dataset.stop) !== at));
};
