"""The panel "Is it real?" as HTML: a plain conclusion, a short list, and folded the tables of changes and of other lengths."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from demo.catalog.english import counted, listed, top_words
from demo.catalog.labels import listed_labels
from demo.engine.label_roles import Roles
from demo.render.labels import tag, tags
from demo.render.tables import Cell, sheet, sum_up
from demo.render.tables import Row as TableRow
from demo.tabs.attack.robustness.examine import Examined, Row, Seen


def examined_html(examined: Examined) -> Markup:
    """All of it."""
    conclusion, *points = told(examined)
    listed_points = Markup("").join(Markup("<li>{}</li>").format(point) for point in points)
    short = Markup('<ul class="points">{}</ul>').format(listed_points) if points else Markup()
    parts = sum_up(conclusion), short, _changes(examined), _lists(examined)
    return Markup(
        '<div class="real">{}{}<details><summary>Every test, one by one</summary>{}{}</details></div>'
    ).format(*parts)


def told(examined: Examined) -> list[str]:
    """The conclusion in a plain sentence with its control, the original; then what it rests on, point by point."""
    run, rows = examined.run, examined.rows
    saved = rows[0].attacked
    if not saved or not saved.fooled:
        return ["The saved picture does not reach the goal, so nothing can survive."]
    if not run.l2:
        return ["The photo met the goal before any attack, so there is no change to test."]
    if _fools(rows[0].original):  # by less than was asked for
        return ["The photo met the goal before any attack, so these tests say nothing about the change."]
    conclusion, *points = _survivors(rows)
    return [
        f"{conclusion} {_control(examined)}", *points, _noise(examined), *_other_annotators(rows), *_spoke_before(examined),
        _longer(examined),
    ]  # fmt: skip


# By whether a list is longer than that of the true labels, and whether it agrees with them (Eq. 1)
TRUTH = {
    (False, True): "only true labels",
    (False, False): "wrong labels in it",
    (True, True): "all true labels in it",
    (True, False): "a true label is missing",
}
NOISE = "random noise"  # what its row is called in a sentence


def _fools(seen: Seen | None) -> bool:
    return seen is not None and seen.fooled


def _survivors(rows: Sequence[Row]) -> list[str]:
    told = [(row.name, row.attacked, row.original) for row in rows if row.kind == "change"]
    # Noise that fools alone has a sentence of its own, `_noise`.
    told += [(NOISE, row.attacked, row.original) for row in rows if row.kind == "noise" and not _fools(row.original)]
    elsewhere = any(_fools(row.attacked) and not _spoilt(row) for row in rows if row.kind in ("other", "twin"))
    alone = [name for name, _, original in told if _fools(original)]
    kept = [name for name, attacked, _ in told if _fools(attacked) and name not in alone]
    gone = [name for name, attacked, _ in told if attacked and not attacked.fooled]
    parts = []
    if kept and (not gone or kept != [NOISE]):
        share = f"{len(kept)} of the {len(kept) + len(gone)} changes" if gone else "every change"
        parts.append(f"The attack survives {share} tried on the saved picture.")
        parts.append(f"It survives {listed(kept, 9)}.")
        parts += [f"It does not survive {listed(gone, 9)}."] if gone else []
    elif gone and not alone:
        parts.append("The attack is fragile: it does not survive JPEG, blur or another size.")
        parts.append(f"JPEG, blur and another size all {_undone(rows)}.")
        if kept:
            parts[-1] += " It survives random noise on top of it."
        elif not elsewhere:
            parts[-1] += " It works on the saved picture only."
    elif gone:
        parts.append(f"The attack does not survive {listed(gone, 9)}.")
    if alone:
        parts.append(f"{listed(alone, 9)} alone would fool the annotator too, without any attack.")
    return parts


def _control(examined: Examined) -> str:
    """What the same changes do to the photo that nobody attacked."""
    plain = _row(examined, "none").original
    lists = {row.name: row.original for row in examined.rows if row.kind == "change" and row.original}
    moved = [name for name, seen in lists.items() if not plain or set(seen.top) != set(plain.top)]
    top, lead = top_words(examined.run.k), "Done to the original photo,"
    if not moved:
        return f"{lead} the same JPEG, blur and resizing leave its {top} as it was."
    short = "" if any(_fools(lists[name]) for name in moved) else ", without reaching the goal"
    if len(moved) == len(lists):
        return f"{lead} each of them changes its {top}, too{short}."
    does = "changes" if len(moved) == 1 else "change"
    return f"{lead} {listed(moved, 9)} {does} its {top}, too{short}; the others leave it as it was."


def _undone(rows: Iterable[Row]) -> str:
    """What changes that leave no goal met do: the list may contradict the truth all the same."""
    told = [(row.name, row.attacked.consistent) for row in rows if row.kind == "change" and row.attacked]
    right, wrong = ([name for name, consistent in told if consistent == kept] for kept in (True, False))
    if not wrong:
        return "undo it"
    missed = "make it miss its goal, but "
    if not right:
        return f"{missed}the list is wrong after each of them"
    return f"{missed}only after {listed(right, 9)} is the list right again; after {listed(wrong, 9)} it is still wrong"


def _noise(examined: Examined) -> str:
    """What noise of the attack's size does to the original."""
    plain, noisy = (_row(examined, kind).original for kind in ("none", "noise"))
    lead, k = "Random noise just as strong, put on the original,", examined.run.k
    if not plain or not noisy or noisy.fooled:
        return f"{lead} fools the annotator too."
    if set(noisy.top) == set(plain.top):
        return f"{lead} does nothing: the {top_words(k)} stays the same."
    return f"{lead} changes the {top_words(k)} a little, but does not reach the goal."


def _other_annotators(rows: Iterable[Row]) -> list[str]:
    """What others make of the picture; one that is the same network, or was wrong before, has no say."""
    rows = [row for row in rows if row.kind == "twin" or not _spoilt(row)]
    twins = [line.annotator for line in rows if line.kind == "twin"]
    asked = [line for line in rows if line.kind == "other" and line.attacked]
    fooled, others = ([line for line in asked if _fools(line.attacked) == so] for so in (True, False))
    wrong, right = (
        [line for line in others if line.attacked and line.attacked.consistent == so] for so in (False, True)
    )
    said = [f"{name} is no second opinion: it is the same network." for name in twins]
    for lines, words in (
        (fooled, ("is fooled too", "are fooled too")),
        (wrong, ("does not reach the goal, but lists wrong labels", "do not reach the goal, but list wrong labels")),
        (right, ("is not fooled", "are not fooled")),
    ):
        names = [line.annotator for line in lines]
        said += [f"{listed(names, 9)} {words[len(names) > 1]}."] if names else []
    return said


def _spoilt(row: Row) -> bool:
    """Whether the original photo fares as badly as the attacked one, so that it is not the attack's doing."""
    if not row.attacked or not row.original:
        return False
    return row.original.fooled or not (row.attacked.fooled or row.attacked.consistent or row.original.consistent)


def _spoke_before(examined: Examined) -> list[str]:
    """Of which other annotators the answer says nothing about the attack."""
    spoilt = [row for row in examined.rows if row.kind == "other" and _spoilt(row)]
    wrong = [row.annotator for row in spoilt if examined.run.goal != "hide" or not _fools(row.original)]
    hid = [row.annotator for row in spoilt if row.annotator not in wrong]
    did = f"did not show {listed_labels(examined.run.named, 9)}"
    return [
        f"{listed(names, 9)} {what} on the original photo already, so {'it says' if len(names) == 1 else 'they say'} nothing "
        "about the attack."
        for names, what in ((wrong, "was wrong" if len(wrong) == 1 else "were wrong"), (hid, did))
        if names
    ]


def _longer(examined: Examined) -> str:
    """How far the goal carries in longer lists."""
    k, holds = examined.run.k, 0
    own = [not original.fooled for original in examined.original]  # where the original meets it, too, nothing is held
    for length, seen in enumerate(examined.attacked, start=1):
        if length < k or (seen.fooled and own[length - 1] and length == max(k, holds + 1)):
            holds = length
    if holds == len(examined.attacked):
        return f"It holds for lists of up to {holds} labels at least."
    if examined.attacked[holds].fooled:
        return f"In a list of {holds + 1} labels the original photo meets the goal, too."
    return f"If the annotator showed {holds + 1} labels instead of {k}, {_lost(examined, holds)}."


def _lost(examined: Examined, place: int) -> str:
    """What the goal lacks in `attacked[place]`: which true labels are back, where the goal is about these."""
    run, seen = examined.run, examined.attacked[place]
    back = [name for name in seen.top if name in run.roles.true and name not in run.roles.hidden]
    if run.goal not in ("cleared", "targeted", "ordered") or not back:
        return "the goal would no longer be met"
    return f"a true one would be among them again ({listed_labels(back)})"


def _row(examined: Examined, kind: str) -> Row:
    return next(row for row in examined.rows if row.kind == kind)


def _state(seen: Seen, fooled: str, otherwise: str) -> Markup:
    word = fooled if seen.fooled else otherwise
    kind = "yes" if seen.fooled else "no"
    said = Markup('<b class="{}"><i aria-hidden="true"></i>{}</b>').format(kind, word) if word else ""
    return Markup('<span class="state">{}<span>{}</span></span>').format(said, TRUTH[seen.longer, seen.consistent])


def _changes(examined: Examined) -> Markup:
    run, rows = examined.run, []
    for line in examined.rows:
        if not line.attacked or not line.original:
            rows.append(TableRow(line.name, note=line.note, instead=line.why))
            continue
        fooled, missed = ("goal met", "goal not met") if line.kind == "none" else ("goal still met", "goal lost")
        attacked = tags(line.attacked.top, run.roles) + _state(line.attacked, fooled, missed)
        original = tags(line.original.top, run.roles) + _state(line.original, "goal met too", "")
        rows.append(TableRow(line.name, (Cell("Attacked", attacked), Cell("Original", original)), line.note))
    caption = (
        f"{run.attack} on {run.annotator}, k = {run.k}, size of the change {run.l2:.1f}. The same is done to the saved picture "
        "and, for comparison, to the original. A list agrees with the truth (E = 1) if it has only true labels, or all of them."
    )
    return sheet(caption, ("What is done", "Attacked photo", "Original photo"), rows)


def _lists(examined: Examined) -> Markup:
    run, rows = examined.run, []
    for k, (attacked, original) in enumerate(zip(examined.attacked, examined.original, strict=True), start=1):
        now = _added(attacked, run.roles) + _state(attacked, "goal met", "goal not met")
        control = _added(original, run.roles) + _state(original, "goal met too", "")
        cells = Cell("Attacked", now), Cell("Original", control)
        rows.append(TableRow(counted(k, "label"), cells, "as attacked (k)" if k == run.k else ""))
    caption = (
        f"Another length of list (k′), as in the paper's Table 3: the attack was made for a list of {run.k} (k). "
        "Each line adds one label to the line above."
    )
    return sheet(caption, ("Length", "Attacked photo", "Original photo"), rows)


def _added(seen: Seen, roles: Roles) -> Markup:
    plus = Markup('<span class="plus">+</span>') if len(seen.top) > 1 else ""
    return Markup('<span class="tags">{}{}</span>').format(plus, tag(seen.top[-1], roles))
