// One event for all sample buttons; the server gets the sample's name, and says in props.chosen which one is on the stage.
// props.own are buttons of photos that the visitor uploaded; those before them stay, `most` in all, the newest first and before
// the samples, so that it is in sight. On a phone, where the box for a photo is not shown, the first button opens the same
// chooser of files.
const UPLOADED = "button[data-sample^='upload:']";
let own = "";
const paint = () => {
  if (props.own !== own) {
    own = props.own;
    const strip = element.querySelector(".samples");
    const come = document.createElement("template");
    come.innerHTML = own;
    for (const button of [...come.content.children]) strip.querySelector(".add").after(button);
    strip.scrollLeft = 0;
    const stay = new Map(); // of two of one photo the newer
    for (const button of strip.querySelectorAll(UPLOADED)) {
      const { sample } = button.dataset;
      if (stay.has(sample) || stay.size === props.most) button.remove();
      else stay.set(sample, button);
    }
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
