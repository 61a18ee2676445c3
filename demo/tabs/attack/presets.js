// Whoever made the choices, by its button, from the Lesson, by a link or one by one: the ready choice that they are is marked.
(presets, values) => {
  const said = values.map((value) => (Array.isArray(value) ? value.length : String(value ?? "").trim()));
  for (const [name, wanted] of Object.entries(presets)) {
    const same = wanted.every((value, at) => value === null || String(value) === String(said[at]));
    document.getElementById(`preset-${name}`)?.setAttribute("aria-pressed", same);
  }
}
