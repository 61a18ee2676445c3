// The label toggles. Which labels are true lives in props.value.truth, so that the next click on Attack carries it along.
// Where the goal names labels by hand, a switch says whether a click marks what is true or what is named; those named
// are in props.value.chosen, and the menu of labels beside the goal is kept the same.
let open = false;
let named = false; // whether a click names a label
let kind = "";
let chosen = [];
let last = null; // the value with the visitor's last marks
const MANY = 5; // labels that a sentence lists
const switched = element.querySelector(".marks");
const role = (label) => {
  const isTrue = props.value.truth.includes(label);
  const place = isTrue === (kind === "hidden") ? chosen.indexOf(label) : -1;
  if (!kind || place < 0) return { isTrue, style: isTrue ? "true" : "", words: isTrue ? ", true" : "", place: -1 };
  if (kind === "hidden") return { isTrue, style: "out", words: ", true, to be hidden", place };
  return { isTrue, style: "target", words: props.marking.ordered ? `, target for place ${place + 1}` : ", target", place };
};
// What is still to be named, for the style sheet of whoever shows it: the browser alone knows as soon as a label is clicked.
const tell = () => {
  const [none, some] = props.marking.missing;
  const enough = kind === "targets" ? props.marking.most : 1;
  const { truth, origin } = props.value;
  // With no label marked there is none to be named either. Where the annotator found none, the verdict's place says so already.
  const nothing = !truth.length && origin === "yours" ? switched.dataset.nothing : "";
  const few = kind && chosen.length < enough && truth.length;
  const words = few ? (chosen.length ? some : none).replace("{}", chosen.length) : "";
  const main = element.closest("#main");
  main?.toggleAttribute("data-none-marked", !truth.length);
  const around = main?.style;
  for (const [property, said] of Object.entries({ "--missing": words, "--nothing": nothing })) {
    said ? around?.setProperty(property, JSON.stringify(said)) : around?.removeProperty(property);
  }
};
const written = (chip) => chip.querySelector(".name").textContent;
// Whose ticks these are and, once they are the visitor's, which ones, so that an unticked label is not taken for a marked one.
const told = (origin, none) => {
  const { yours, unticked, known, none: nothing } = origin.dataset;
  const chips = props.value.origin === "yours" ? [...element.querySelectorAll("button.chip")] : [];
  const ticked = chips.filter((chip) => props.value.truth.includes(chip.dataset.label));
  const not = chips.filter((chip) => chip.dataset.sure && !ticked.includes(chip));
  const doubt = document.createElement("strong");
  if (not.length) doubt.textContent = ` ${unticked}${not.map((chip) => `${written(chip)} ${chip.dataset.sure}`).join(", ")}.`;
  const more = ticked.length > MANY ? ` and ${ticked.length - MANY} more` : "";
  const words = ticked.length ? `${yours}${ticked.slice(0, MANY).map(written).join(", ")}${more}.` : known;
  origin.replaceChildren(none ? nothing : words, doubt);
};
// A tick may move k, and with it the line under the top-k: the labels stay as they are, since the next one may be pressed already.
const cut = () => {
  const line = element.querySelector(".edge");
  if (!line || !props.edge) return;
  const labels = [...element.querySelectorAll(".chips .chip")];
  line.querySelector("span").textContent = `top ${props.edge} ends here`;
  line.style.display = props.edge < labels.length ? "" : "none";
  labels[Math.min(props.edge, labels.length) - 1].after(line);
};
const paint = () => {
  if (!props.value) return;
  if (!props.value.truth.length) named = false; // what is true comes first: with none there is nothing to hide, nor a run
  tell();
  cut();
  const word = kind === "hidden" ? "to be hidden" : "target";
  element.querySelectorAll("button.chip").forEach((chip) => {
    const { isTrue, style, words, place } = role(chip.dataset.label);
    for (const one of ["true", "target", "out"]) chip.classList.toggle(one, one === style);
    chip.setAttribute("aria-pressed", named ? place >= 0 : isTrue);
    chip.setAttribute("aria-disabled", named && isTrue !== (kind === "hidden"));
    chip.setAttribute("aria-label", chip.dataset.says + words);
    chip.querySelector(".tick").textContent = style === "target" && props.marking.ordered ? place + 1 : "";
  });
  element.querySelector(".chips")?.setAttribute("aria-label", named ? `Labels that are ${word}` : "Labels that are true");
  switched.hidden = !kind;
  switched.classList.toggle("out", kind === "hidden");
  switched.querySelector(".word").textContent = word;
  switched.querySelector("output").textContent = kind === "targets" ? `${chosen.length} of ${props.marking.most}` : "";
  switched.querySelectorAll("input").forEach((input) => (input.checked = (input.value === "named") === named));
  const origin = element.querySelector(".origin"); // the server's words stay as they are where it sends the same again
  const none = props.value.truth.length === 0 && props.value.origin === "yours";
  if (origin) told(origin, none);
  element.querySelector("button.nothing")?.setAttribute("aria-pressed", none);
  const more = element.querySelector("details.more");
  if (more) more.open = open;
};
const name = (label) => {
  const most = props.marking.most;
  if (chosen.includes(label)) chosen = chosen.filter((one) => one !== label);
  else chosen = [...chosen.slice(0, most - 1), label]; // the last one makes room
  props.value = { ...props.value, chosen };
  paint();
  trigger("select");
};
const mark = (truth) => {
  props.value = last = { ...props.value, truth, origin: "yours", marks: (props.value.marks ?? 0) + 1 };
  paint();
  trigger("input");
};
const toggle = (label) => {
  const truth = new Set(props.value.truth);
  if (!truth.delete(label)) truth.add(label);
  mark([...truth]);
};
element.addEventListener("click", (event) => {
  if (event.target.closest("button.nothing") && props.value) {
    mark([]);
    return trigger("clear"); // what is possible then is told elsewhere
  }
  const summary = event.target.closest("summary");
  if (summary) open = !summary.parentElement.open; // the list stays open when the server redraws it
  const chip = event.target.closest("button.chip");
  if (!chip || !props.value || chip.getAttribute("aria-disabled") === "true") return;
  (named ? name : toggle)(chip.dataset.label);
});
switched.addEventListener("change", (event) => {
  named = event.target.value === "named";
  paint();
});
// Answers to quick choices can arrive in the wrong order; then the toggles ask once more, for the annotator that is chosen.
let again = false;
const catchUp = () => {
  const chosen = document.querySelector("#annotator input:checked")?.value;
  const late = Boolean(props.value && chosen && props.value.annotator !== chosen);
  if (late && !again) trigger("submit");
  again = late;
};
// An answer that was asked for before the last marks leaves them as they are. One about another photo counts none.
const keepMarks = () => {
  if (props.value?.marks < last?.marks) {
    const { truth, origin, follows, marks } = last;
    props.value = { ...props.value, truth, origin, follows, marks };
  }
  last = props.value;
};
watch("value", () => {
  keepMarks();
  chosen = props.value?.chosen ?? chosen;
  paint();
  setTimeout(catchUp, 1000);
});
watch("edge", cut);
watch("marking", () => {
  chosen = props.marking.chosen;
  if (props.marking.kind !== kind) named = props.marking.kind !== ""; // who asks to name labels goes on to do it
  kind = props.marking.kind;
  paint();
});
paint();
