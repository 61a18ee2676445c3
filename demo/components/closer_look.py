"""A closer look: both pictures of the stage, one over the other, with a wipe between them and one zoom for both."""

CLOSER = """
<button type="button" class="tool open" disabled><svg viewBox="0 0 16 16" aria-hidden="true">
<path d="M7 1.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zm4 9.5 3.8 3.8M4.5 7h5M7 4.5v5"/></svg><span>Look closer</span></button>
<dialog class="closer" aria-label="Look closer at both pictures">
<header><h2>Look closer</h2><button type="button" class="tool close" aria-label="Close">
<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 3l10 10M13 3L3 13"/></svg></button></header>
<div class="pane" tabindex="0" role="group" aria-roledescription="zoomed pictures" aria-label="Left of the line the original,
right of it the attacked photo. The arrow keys move both when they are zoomed."><img class="attacked" alt="The attacked photo">
<div class="above"><img class="original" alt="The original photo"></div><i class="line" aria-hidden="true"></i>
<b class="of original" aria-hidden="true">Original</b><b class="of attacked" aria-hidden="true">Attacked</b></div>
<label><span>Wipe</span><input class="wipe" type="range" min="0" max="100" value="50" step="1"
aria-label="Wipe: how much of the width shows the original"><output class="wiped"></output></label>
<label><span>Zoom</span><input class="zoom" type="range" min="1" max="8" value="1" step="1" aria-label="Zoom"><output
class="zoomed"></output></label>
<p class="hint">Drag the line across the pictures. Zoomed in, drag beside the line to move them; one square is one pixel.</p>
</dialog>
"""
