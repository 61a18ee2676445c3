"""Share: a dialog with the card of the last run, to be sent from a phone or saved. What the card shows is drawn elsewhere."""

from demo.components.theme import script

# Said where a photo is taken away, too
AS_FILE = "Messengers compress photos again, and then the attack may be gone: send the attacked photo (PNG) as a file."
SHARE = """
<button type="button" class="tool open" disabled><svg viewBox="0 0 16 16" aria-hidden="true">
<path d="M8 10V1.5M4.8 4.5 8 1.5l3.2 3M5 7H2.5v7.5h11V7H11"/></svg><span>Share</span></button>
<dialog class="share" aria-label="Share this result">
<header><h2>Share this result</h2><button type="button" class="tool close" aria-label="Close">
<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 3l10 10M13 3L3 13"/></svg></button></header>
<p class="drawing" role="status">Drawing the picture …</p>
<div class="sheet" tabindex="0" role="region" aria-label="The picture"><img width="1200" height="630" alt="" hidden></div>
<p class="hint moves">Move the picture with a finger to see the rest of it.</p>
<div class="ways" hidden><button type="button" class="tool send" hidden>Send …</button>
<button type="button" class="tool enlarge">Enlarge</button>
<a class="tool save">Save the picture</a><button type="button" class="tool copy" aria-live="polite">Copy the link</button></div>
<p class="hint denied" role="status" hidden>Your browser does not let the page copy. The link is on the picture.</p>
<p class="hint as-file">AS_FILE</p>
<p class="hint of-sample">The picture shows the photo that was attacked. The link on it opens this page with the same photo
and the same settings. If you used “Make the change smaller”, whoever opens the link presses “Attack” and then that
button, too.</p>
<p class="hint of-own" hidden>The picture shows your own photo: send it only to those who may see it. The link on it brings the
settings alone; whoever opens it starts from a sample photo.</p>
<p class="hint alone" hidden>Only this computer can open the link: <b></b> is its own address. For who runs the page: started
with <code>python app.py --address 0.0.0.0</code>, it has a link that devices in your network can open.</p>
</dialog>
""".replace("AS_FILE", AS_FILE)


def share_script() -> str:
    """What the dialog does in the browser."""
    return f"const copy = {script('components/copy.js').strip()};\n{script('components/share_card.js')}"
