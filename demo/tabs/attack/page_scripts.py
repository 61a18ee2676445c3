"""What the tab Attack does in the browser alone, as JavaScript for Gradio's events."""

from demo.components.run_bar import BAR_ENDS

# What stands on the stage is no longer what the choices say; attack.css says so below the verdict, until the next run.
CHANGED = '() => document.getElementById("stage").setAttribute("data-changed", "")'


def field_changed(box: str) -> str:
    """The same for a field that Gradio says "input" of when the keyboard only passes through it: gradio_patches/fields.js."""
    return f"""() => {{
      const field = document.querySelector('{box}');
      if ((field.dataset.was ?? field.value) === field.value) return;
      field.dataset.was = field.value;
      ({CHANGED})();
      return true;
    }}"""


# On a wide screen, too, the stage may be above what is in sight.
PRESS_ATTACK = f"""() => {{
  const verdict = document.getElementById("verdict");
  if (verdict.getBoundingClientRect().top < ({BAR_ENDS})()) verdict.scrollIntoView();
  const attack = document.getElementById("attack-button");
  if (attack.disabled) ({CHANGED})();  // another run goes on
  else attack.click();
}}"""


# What is to be done with an upload is said there.
TO_VERDICT = f"""() => {{
  const verdict = document.getElementById("verdict");
  const {{ top, bottom }} = verdict.getBoundingClientRect();
  if (top < ({BAR_ENDS})() || bottom > innerHeight) verdict.scrollIntoView();
}}"""

# The same where nothing is ticked on what was chosen; else a choice among many moves nothing.
TO_WAYS_OUT = f"(chips) => {{ if (!chips.truth.length) ({TO_VERDICT})(); }}"
