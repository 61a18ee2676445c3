// Behaviour: Gradio refuses a number out of range only after it was sent, without saying which field it means, and a slider's
// field takes one (gradio-app/gradio#2371). Here it becomes the nearest number in range as it is typed. Beside a slider, an
// emptied field waits for its first digit.
(() => {
  const slider = (box) => box.closest(".block")?.querySelector('input[type="range"]');
  addEventListener("input", (event) => {
    const box = event.target;
    if (!box.matches?.('input[type="number"][min]')) return;
    if (box.value === "") return slider(box) ? event.stopImmediatePropagation() : undefined;
    const asked = Number(box.value);
    // Below the least there may be digits to come; below 1 no digit helps.
    const least = asked < 1 ? Number(box.min) : -Infinity;
    const whole = Number(box.step) === 1 ? Math.round(asked) : asked;
    const nearest = Math.min(Math.max(whole, least), box.max === "" ? Infinity : Number(box.max));
    if (nearest !== asked) box.value = nearest;
  }, true);
  addEventListener("focusout", (event) => {
    const box = event.target;
    if (box.matches?.('input[type="number"][min]') && box.value === "" && slider(box)) box.value = slider(box).value;
  }, true);
})();
