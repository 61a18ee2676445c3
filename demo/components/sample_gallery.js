// One event for all sample buttons; the server gets the sample's name, and says in props.chosen which one is on the stage.
// props.own is one more button: the photo that the visitor uploaded last. On a phone, where the box for a photo is not
// shown, the first button opens the same chooser of files.
let own = "";
const paint = () => {
  if (props.own !== own) {
    own = props.own;
    element.querySelector("[data-sample=own]")?.remove();
    element.querySelector(".samples").insertAdjacentHTML("beforeend", own);
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
