"""What Attack will do, for whoever has not pressed it yet."""

from demo.catalog import attacks as catalog
from demo.catalog.labels import listed_labels
from demo.engine.label_roles import Roles

MOST = 3  # labels that are written out, so that a phone's box keeps its height
# The targets that the attack finds by itself
FOUND = {"best": ", the likeliest of them", "random": ", drawn at random", "worst": ", the least likely of them"}


def foretold(attack: str, goal: str, k: int, roles: Roles, case: str = "") -> str:
    """One sentence. Labels that the goal names may be missing from `roles`; then `case` says where targets come from."""
    how = "changes the photo a little, step by step,"
    if catalog.precomputed(attack):
        how = "adds one change, made beforehand for all photos,"
    elif goal in ("targeted", "ordered") and not roles.targets and case == "chosen":
        how = "changes the photo"  # what is still to be named may stand beside it
    return f"It {how} to {_purpose(goal, k, roles, case)}."


def _purpose(goal: str, k: int, roles: Roles, case: str) -> str:
    """What it is to come to, after "to"."""
    if goal == "cleared" and k > 1:
        return f"push {listed_labels(roles.true, MOST)} out of the top {k}"
    if goal in ("targeted", "ordered"):
        order = " in this order" if goal == "ordered" and k > 1 else ""
        if roles.targets:
            return f"put {listed_labels(roles.targets, MOST)} on top{order}"
        if case == "chosen":
            return f"put the {'label' if k == 1 else 'labels'} you name on top{order and ' in your order'}"
        return f"put {_many(k)} on top{FOUND.get(case, '')}{order and ', and in order'}"
    if goal == "hide":
        return _hiding(k, roles)
    return (
        f"put a label that is not in the photo {'on top' if k == 1 else f'into the top {k}, in place of one that is'}"
    )


def _many(k: int) -> str:
    return "a label that is not in the photo" if k == 1 else f"{k} labels that are not in the photo"


def _hiding(k: int, roles: Roles) -> str:
    named = roles.hidden or (roles.true if len(roles.true) == 1 else ())
    others = [name for name in roles.true if name not in named]
    which = listed_labels(named, MOST) if named else "the labels to hide"
    stay = listed_labels(others, MOST) if named else "the other true ones"
    out, there = ("off the top", "there") if k == 1 else (f"out of the top {k}", "in it")
    return f"push {which} {out}{f' and keep {stay} {there}' if others else ''}"
