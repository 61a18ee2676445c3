// Behaviour: Gradio says "input" of a slider's field as soon as it has the focus, and of a menu as soon as it has lost it. Who
// wants to know whether it changed finds in `dataset.was` what was in it before, whether by the field or by the slider, which
// not every browser gives the focus.
(() => {
  const remember = (event) => {
    if (!event.target.matches?.("input")) return;
    const box = event.target.closest(".block")?.querySelector('input[type="number"], input[role="combobox"]');
    if (box) box.dataset.was = box.value;
  };
  addEventListener("focus", remember, true);
  addEventListener("pointerdown", remember, true);
})();
