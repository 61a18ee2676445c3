// A number typed beside a slider becomes the nearest one that the slider has. Otherwise Gradio refuses it only after it was
// sent, without saying which field it means. An emptied field waits for its first digit.
(() => {
  const field = (node) => node.matches?.('input[type="number"][max]') && node.closest(".block")?.querySelector('input[type="range"]');
  addEventListener("input", (event) => {
    const box = event.target;
    if (!field(box)) return;
    if (box.value === "") return event.stopImmediatePropagation();
    const asked = Number(box.value);
    // Below the least there may be digits to come; below 1 no digit helps.
    const least = asked < 1 ? Number(box.min) : -Infinity;
    const whole = Number(box.step) === 1 ? Math.round(asked) : asked;
    const nearest = Math.min(Math.max(whole, least), Number(box.max));
    if (nearest !== asked) box.value = nearest;
  }, true);
  addEventListener("focusout", (event) => {
    const range = field(event.target);
    if (range && event.target.value === "") event.target.value = range.value;
  }, true);
})();
