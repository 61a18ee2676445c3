// Behaviour: Gradio names every option of a radio group differently. To a browser each is then a group of its own: arrow keys
// do nothing, Tab stops at every option, and a screen reader counts "1 of 1". One name for all options of a group mends that.
(() => {
  const unite = () => {
    for (const group of document.querySelectorAll("fieldset")) {
      const options = group.querySelectorAll('input[type="radio"]');
      for (const option of options) if (option.name !== options[0].name) option.name = options[0].name;
    }
  };
  new MutationObserver(unite).observe(document, { childList: true, subtree: true });
})();
