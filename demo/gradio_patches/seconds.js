// Behaviour: Gradio (6.31) counts the seconds that it waits anew at every frame of the screen, and goes on for ever where the box
// that said them has gone, as the one has that stands on every page while it loads. The page would be drawn sixty times a second
// with nobody doing anything, for a tenth of a core. Here the count goes on every tenth of a second, as it is shown.
(() => {
  const next = requestAnimationFrame.bind(window);
  const counts = (callback) => /^\(\) ?=> ?\{[^}]{0,60}performance\.now\(\)/.test(callback);
  window.requestAnimationFrame = (callback) => (counts(callback) ? setTimeout(callback, 100) : next(callback));
})();
