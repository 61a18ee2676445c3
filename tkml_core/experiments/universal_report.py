"""The page about a folder of universal perturbations, written from the files' headers alone."""

from pathlib import Path

from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.measured.markdown import markdown
from tkml_core.statistics import share
from tkml_core.zoo.registry import place
from tkml_core.zoo.universal_perturbations import all_notes, xi_of


def headers(folder: Path) -> list[dict[str, str]]:
    """What the header of each perturbation in the folder says, in the order of the table."""
    return sorted(
        all_notes(folder),
        key=lambda n: (place(n["annotator"]), int(n["k"]), xi_of(n), list(UNIVERSAL).index(n["attack"])),
    )


def table(folder: Path) -> str:
    """Markdown: what each perturbation in the folder does, from its header."""
    columns = (
        "annotator | k | ξ | method | ‖z‖₂ | as found | ‖z‖_∞ | Pert ×10⁻² | made on | epochs | gradients | s | "
        "goal % there | ASR % there | measured on | ASR % [95%] | goal % [95%] | noise: ASR % | noise: goal %"
    )
    rows = []
    for n in headers(folder):
        trials, made = max(1, int(n["measured"])), max(1, int(n["photos"]))
        rows.append(
            f"{n['annotator']} | {n['k']} | {xi_of(n):g} | {n['attack']} | {float(n['norm']):.0f} | {n['own_norm']} | "
            f"{float(n['linf']):.0f} | {100 * float(n['norm']) / int(n['side']) ** 2:.2f} | {n['photos']} | "
            f"{n['epochs']} | {n.get('gradients', '–')} | {n['seconds']} | "
            f"{100 * int(n['train_goal']) / made:.1f} | {100 * int(n['train_inconsistent']) / made:.1f} | {n['measured']} | "
            f"{share(int(n['inconsistent']), trials)} | {share(int(n['goal']), trials)} | "
            f"{100 * int(n['noise_inconsistent']) / trials:.1f} | {100 * int(n['noise_goal']) / trials:.1f}"
        )
    return markdown(columns, rows)


def slower(notes: list[dict[str, str]]) -> str:
    """In how many cells kUAPs took longer than TkML-AP-Uv, in words; nothing where there are not both."""
    seconds = {(n["annotator"], n["k"], xi_of(n), n["attack"]): float(n["seconds"]) for n in notes}
    both = [at[:3] for at in seconds if at[3] == "kUAPs" and (*at[:3], "TkML-AP-Uv") in seconds]
    longer = sum(seconds[*at, "kUAPs"] > seconds[*at, "TkML-AP-Uv"] for at in both)
    return f": kUAPs took longer than TkML-AP-Uv in {longer} of {len(both)} cells" if both else ""


PAGE = """# Universal perturbations of the bundled annotators

One z for every photo: `tk.universal("TkML-AP-Uv", "mobilenet-voc20", 3)` is added to a photo cut square at its size
(`annotator.prepare(photo, square=True)`), and clamped. The table says for which annotators there are some. Files hold z as
int8 levels; headers hold what the table says.

{commands}

made and measured them. Made on training photos of the annotators, taken so that each label has its turn; measured on photos
that no training saw (VOC 2007 test for VOC's labels, the 500 largest ids of COCO val2017 for COCO's). Both only where they are
consistent at k before the attack. Perturbations whose file exists are kept; without the files the same command makes them again.

ASR: share of photos with E = 0 (the paper's for one z, §4.1). Goal: share with no true label left in the top-k (Eq. 6),
what all methods were asked for. "There": on the photos it was made on. Where the settings have `held_out`, the last so many of
them only judged: the z that does best on them is the one that is kept. "TkML-AP-Uv, margin" has the goal's margin in place
of Eq. 8, see `tkml_core/attacks/universal/universal.md`. A pass of kUAPs over its photos (an epoch) runs kFool on every one that
is not fooled yet; what each method took stands in the columns gradients (backward passes a photo, where they were noted) and
s{slower}. More passes might bring it further. Methods are compared at the same norm budget ξ; a z that
ended more than 3% below it ("as found": its own norm) is stretched to it, so that all are compared at about one norm; a row
whose ‖z‖₂ is far below ξ was measured before that and awaits `--again`. Noise: Gaussian, on whole levels, as long, on the same
photos. Intervals: Wilson's. Seconds: on CPU cores shared with other work. Pert (Eq. 15): ‖z‖₂/(H·W) in 0–255 units. The paper's
Table 4 has a Pert of 0.13 to 0.16 for TkML-AP-Uv (ASR 80.5 to 86.5%) and 0.51 for kUAPs (63.9 to 74.6%), for another network,
z made on 3,000 photos, and a norm its program takes with pixels from −1 to 1, times 255: they do not compare with these.

Why so long a z: ‖z‖₂ = 4000 at 224 × 224 changes a value by 10.3 levels rms (PSNR 27.9 dB), a texture that a visitor sees
but reads the photo through; no z within the usual universal budget of ‖z‖_∞ = 10 (Moosavi-Dezfooli et al., CVPR 2017) can
be longer than 3880, though these spend their length less evenly (column ‖z‖_∞). At 2000 a trial of TkML-AP-Uv
(mobilenet-voc20, k = 3) fooled half of the 160 photos it was made on, at 3000 four in five.

{settings}

{table}
"""


def write(folder: Path) -> None:
    """Write it as the folder's README.md."""
    notes = headers(folder)
    commands = "\n".join(f"`{command}`" for command in sorted({n["command"] for n in notes}))
    settings = "\n".join(f"- `{setting}`" for setting in sorted({n["settings"] for n in notes}))
    page = PAGE.format(commands=commands, settings=settings, table=table(folder), slower=slower(notes))
    (folder / "README.md").write_text(page)
