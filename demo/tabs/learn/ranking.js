// Step 1: a line at k through a list whose true labels the reader marks.
{
  const root = part("annotation");
  const lists = [...root.querySelectorAll("[data-list]")];
  const line = document.createElement("div");
  line.className = "edge";
  line.setAttribute("role", "presentation");

  const show = () => {
    showValues(root);
    const list = lists.find((one) => one.dataset.list === chosen(root, "photo"));
    lists.forEach((one) => (one.hidden = one !== list));
    const k = Number(dial(root, "k").value);
    const chips = [...list.querySelectorAll(".chip")];
    const truth = chips.map((chip) => chip.getAttribute("aria-pressed") === "true");
    line.innerHTML = `<span>top ${k} ends here</span>`;
    chips[k - 1].after(line);
    if (!truth.some(Boolean)) return say(root, "Mark at least one label as true.");

    const names = chips.map((chip) => chip.querySelector(".name").textContent);
    const wrong = names.filter((_, j) => j < k && !truth[j]);
    const missing = names.filter((_, j) => j >= k && truth[j]);
    const agrees = consistent(JSON.parse(list.dataset.scores), truth, k);
    let why = `${listed(wrong)} ${are(wrong)} listed but not true, and ${listed(missing)} ${are(missing)} true but not listed`;
    if (agrees) why = missing.length ? `every label in the top ${k} is true` : `every true label is in the top ${k}`;
    const none = wrong.length === k ? " No true label is left in the list." : "";
    say(root, `The list ${agrees ? "agrees with" : "contradicts"} the truth (E\u00a0=\u00a0${Number(agrees)}): ${why}.${none}`);
  };

  root.addEventListener("input", show);
  root.addEventListener("click", (event) => {
    const chip = event.target.closest(".chip");
    if (!chip) return;
    const pressed = chip.getAttribute("aria-pressed") !== "true";
    lists.forEach((list) =>
      list.querySelectorAll(".chip").forEach((other) => {
        if (other.dataset.label !== chip.dataset.label) return;
        other.setAttribute("aria-pressed", pressed);
        other.classList.toggle("true", pressed);
      }),
    );
    show();
  });
  show();
}
