// Answers are judged once they are shown, and taken back when a question is asked anew.
const reveal = (screen) => {
  if (screen.dataset.judged) return;
  screen.dataset.judged = "yes";
  const pressed = all('[aria-pressed="true"]', screen);
  for (const answer of all(".answer", screen)) {
    const right = answer.dataset.right === "yes";
    const chosen = pressed.includes(answer);
    const judged = find(".judged", answer);
    answer.classList.toggle("right", right);
    const gave = chosen || Number(find(".hands", answer).value) > 0; // a vote that was not given is not right
    const words = { yes: gave ? "✓ right" : "✓ this one", honest: chosen ? "an honest answer" : "", no: chosen ? "✗ not this one" : "" };
    judged.textContent = words[answer.dataset.right];
    judged.hidden = !judged.textContent;
    answer.setAttribute("aria-disabled", "true");
  }
  say(screen, pressed);
  find(".ahead", screen).hidden = true;
  find(".shown", screen).hidden = false;
  find(".told", screen).focus({ preventScroll: true });
  const first = find(innerWidth >= 900 ? ".asked" : ".shown", screen); // beside each other there is room for the question, too
  if (!presenting()) first.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "start" });
  const film = find(".film", screen);
  if (film && !calm.matches) play(film);
};

// The vote beside the answer, as the one above may be out of sight by then.
const say = (screen, pressed) => {
  const answers = all(".answer", screen);
  const many = (one) => find(".hands", one).value;
  const counted = answers.some((one) => Number(many(one)));
  const marks = { yes: " ✓", honest: "", no: " ✗" };
  const words = (one) => find(".words", one).textContent;
  const most = Math.max(...answers.map((one) => Number(many(one))));
  const bar = (one) => {
    const [drawn, number] = [document.createElement("span"), document.createElement("b")];
    number.textContent = `${many(one)}${marks[one.dataset.right]}`;
    number.append(Object.assign(document.createElement("i"), { className: "sr", textContent: " hands" }));
    drawn.append(words(one), " ", number);
    drawn.style.setProperty("--share", many(one) / most);
    return drawn;
  };
  const votes = find(".votes", screen);
  votes.hidden = !(counted || pressed.length);
  votes.classList.toggle("counted", counted);
  votes.textContent = `Your vote: ${pressed.map((one) => `${words(one)}${marks[one.dataset.right]}`).join(" · ")}`;
  if (counted) votes.replaceChildren(...answers.map(bar));
};

// As it was before anybody answered.
const ask = (screen) => {
  delete screen.dataset.judged;
  raised.splice(0, raised.length, ...raised.filter((one) => !screen.contains(one)));
  for (const answer of all(".answer", screen)) {
    answer.classList.remove("right");
    answer.removeAttribute("aria-disabled");
    answer.setAttribute("aria-pressed", "false");
    find(".hands", answer).value = 0;
    for (const one of all(".hands, .judged", answer)) one.hidden = true;
  }
  find(".ahead", screen).hidden = false;
  find(".shown", screen).hidden = true;
  voted(screen);
  look(screen, "ask");
};
const again = () => current().matches(".closing") || ask(current());
const anew = () => {
  all(".screen:not(.closing)").forEach(ask);
  goTo(all(".screen")[0].dataset.screen);
  fit();
};
