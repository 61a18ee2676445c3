"""What happens when a visitor takes something away: files and citation follow the run, the link is made in the browser."""

import base64
import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from gradio.utils import get_upload_folder

from demo.components.events import QUIET, Update, plainly
from demo.components.share_card import AS_FILE
from demo.components.theme import script
from demo.engine.value_checks import web_address
from demo.export import citation, full_size, npz
from demo.export import files as export_files
from demo.render.templates import fill
from demo.render.verdict import sentence_for_others
from demo.server.addresses import for_others
from demo.tabs.attack.downloads import LINK_HINTS, Downloads

_RAN = 'document.getElementById("address").dataset.ran ?? ""'  # the link to what the run was, kept by address.js
# A result has come: the one that stood before is back, or that of the run under way, whose link it is from now on.
_SETTLED = """(kept, photo, isOpen, link, replay) => {
  const { dataset } = document.getElementById("address");
  if (replay?.run && dataset.pending && replay.run !== dataset.stood) dataset.ran = dataset.pending;
  return [kept, photo, isOpen, dataset.ran ?? "", null];
}"""


def wire(
    widgets: Downloads, png: gr.DownloadButton, photo: gr.State, toggles: gr.HTML, share: gr.HTML, replay: gr.HTML
) -> None:  # fmt: skip
    """Connect them. `png` is the attacked photo; `photo` is the photo's path; `toggles` say whether it is the visitor's own;
    `replay` says of which run the result is."""
    boxes = [*widgets.buttons.values(), widgets.full_size_note]

    def on_kept(data: str | None, path: str | None, is_open: bool, link: Any, _: Any) -> Update:
        return {**(_files(widgets, data, path) if is_open else _none(widgets)), widgets.entries: _cited(data, link)}

    def on_open(data: str | None, path: str | None) -> Update:
        return {**_files(widgets, data, path), widgets.is_open: True}

    @plainly
    def on_share(data: str | None, asked: Any, request: gr.Request) -> dict[str, Any]:
        link = web_address("The link of a card", asked.get("link") if isinstance(asked, dict) else asked)
        if not data or not Path(data).is_file():
            raise ValueError("There is no finished run to share. Press Attack first.")
        from demo.export import card  # late, as for the figure below

        address = for_others(link, request)
        link = address or link
        run = npz.load(data)
        picture = base64.b64encode(card.png(run, link)).decode()
        name = f"{export_files.file_name(run.report)}-card.png"
        said = sentence_for_others(run.report)
        shown = {"link": link, "card": f"data:image/png;base64,{picture}", "name": name, "said": said}
        return {**shown, "reached": bool(address)}

    files: dict[str, Any] = {**QUIET, "concurrency_id": "files", "concurrency_limit": 1}
    state = [widgets.kept, photo, widgets.is_open, widgets.link, replay]
    widgets.kept.change(on_kept, state, [*boxes, widgets.entries], js=_SETTLED, **files)
    # Only now, as the server does not know the address that the page was opened at.
    opened = f"(kept) => [kept, {_RAN}]"
    widgets.cite.expand(_cited, [widgets.kept, widgets.link], widgets.entries, js=opened, **QUIET)
    widgets.more.expand(on_open, [widgets.kept, photo], [*boxes, widgets.is_open], **files)
    has_read = gr.State(False)
    png.click(_as_file, has_read, has_read, **QUIET)
    widgets.more.collapse(lambda: False, None, widgets.is_open, **QUIET)
    shared = share.submit(on_share, [widgets.kept, share], share, **files)
    shared.failure(None, None, None, js='() => document.querySelector("#share dialog").close()', **QUIET)
    told = f"{script('components/copy.js')}, {json.dumps(LINK_HINTS)}, toggles"
    copied = f"(toggles) => ({script('tabs/attack/copy_link.js')})({told})"
    widgets.link_button.click(None, toggles, widgets.link, js=copied, **QUIET)


def _as_file(has_read: bool) -> bool:
    """Say how the photo is to be sent on, unless this visitor has read it: once is enough."""
    if not has_read:
        gr.Info(AS_FILE, title="Saved", duration=6)
    return True


def _cited(data: str | None, link: Any) -> str:
    """How to cite the run in that data file. link: to its settings, as a browser says; what is no address is left out."""
    try:
        address = web_address("The link of a citation", link)
        urlsplit(address)  # which refuses a host in brackets that is none
    except ValueError:
        address = ""
    if not data or not Path(data).is_file():  # no result stands: the page itself is cited
        return citation.bibtex(None, address.partition("?")[0])
    return citation.bibtex(npz.load(data).report, address)


def _none(widgets: Downloads) -> Update:
    off = {button: gr.update(value=None, interactive=False) for button in widgets.buttons.values()}
    return {**off, widgets.full_size_note: ""}


def _files(widgets: Downloads, data: str | None, photo: str | None) -> Update:
    """The files of a run on the photo at that path; none where its data have gone with time."""
    if not data or not Path(data).is_file():
        return _none(widgets)
    from demo.export import figure  # late: Matplotlib's drawing takes a second to import, and only who asks needs it

    run = npz.load(data)
    name = export_files.file_name(run.report)
    place = export_files.new_place(get_upload_folder())
    png, pdf = figure.save(run, place / f"{name}-figure")
    change, copy = place / f"{name}-change.png", place / f"{name}.npz"
    run.amplified().save(change)
    shutil.copyfile(data, copy)
    large, words = _full_size(run, photo, place / f"{name}-full-size.png")
    made = zip(widgets.buttons.values(), (png, pdf, change, copy, large), strict=True)
    return {
        **{button: gr.update(value=path and str(path), interactive=path is not None) for button, path in made},
        widgets.full_size_note: fill("tabs/attack/full_size.html", words=words),
    }


def _full_size(run: npz.SavedRun, photo: str | None, path: Path) -> tuple[Path | None, str]:
    """The attacked photo in its own size, where it can be had, and what is to be said about that."""
    if not photo or not run.report["achieved"] or not run.report["l2"]:
        return None, "There is no full-size photo, since the run did not reach its goal with a change."
    try:
        large = full_size.full_size_of(run, photo)
    except ValueError as error:
        return None, str(error)
    if large is None or not large.achieved:
        return None, full_size.words(large, run)
    full_size.save(large, run, path)
    return path, full_size.words(large, run, path.stat().st_size)
