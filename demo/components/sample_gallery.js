// One event for all sample buttons; the server gets the sample's name, and says in props.chosen which one is on the stage.
// props.own is the button of a photo that the visitor uploaded; those before it stay, `most` in all. On a phone, where the box
// for a photo is not shown, the first button opens the same chooser of files.
const UPLOADED = "button[data-sample^='upload:']";
let own = "";
const paint = () => {
  if (props.own !== own) {
    own = props.own;
    const strip = element.querySelector(".samples");
    strip.insertAdjacentHTML("beforeend", own);
    const all = [...strip.querySelectorAll(UPLOADED)];
    const newest = all.pop();
    const others = all.filter((button) => button.dataset.sample !== newest.dataset.sample);
    for (const button of all) if (!others.slice(1 - props.most).includes(button)) button.remove();
  }
  element.querySelectorAll("button[data-sample]").forEach((button) => {
    button.setAttribute("aria-pressed", button.dataset.sample === props.chosen);
  });
};
element.addEventListener("click", (event) => {
  if (event.target.closest(".add")) document.querySelector("#photo input[type=file]").click();
  const button = event.target.closest("button[data-sample]");
  if (button) trigger("select", { sample: button.dataset.sample });
});
watch(["chosen", "own"], paint);
paint();
