// "Try 80 labels" in the verdict's place: as if the annotator were chosen beside the photo.
element.addEventListener("click", (event) => {
  const name = event.target.closest(".more-labels")?.dataset.annotator;
  const choices = [...document.querySelectorAll("#annotator input")];
  choices.find((choice) => choice.value === name)?.click();
});
