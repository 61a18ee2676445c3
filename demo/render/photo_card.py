"""The stage: what each of its boxes shows for a photo, a frame of a run, or a finished run."""

from markupsafe import Markup
from torch import Tensor

import tkml_core as tk
from demo.engine.annotators import Photo
from demo.engine.label_roles import Roles
from demo.engine.plan import Plan
from demo.render.labels import beyond, scored, top_list
from demo.render.pictures import AMPLIFY, amplified, figure, to_image
from demo.render.size_words import OF_LEVELS

SIZE = "size of the change"
UNROUNDED = "size before rounding"  # while a run goes on: to whole levels, which a saved picture has


def before_html(annotator: tk.Annotator, photo: Photo, roles: Roles, k: int, lossless: bool = True) -> str:
    """The original picture with its top-k."""
    ranked = scored(annotator, photo.logits)
    below = top_list(ranked[:k], roles, f"Top {k} before") + beyond(ranked, k)
    return figure("Original", "The original photo", to_image(photo.x), below, lossless)


def change_html(x: Tensor, x_adv: Tensor, lossless: bool, factor: int = AMPLIFY, of: str = SIZE) -> str:
    """The perturbation, amplified, with its size in numbers."""
    below = size_html(x_adv - x, factor, 1, of)
    picture = amplified(x, x_adv, factor)
    return figure("Change", f"The change, amplified {factor} times", picture, below, lossless, badge=f"× {factor}")


def size_html(z: Tensor, factor: int, digits: int, of: str) -> Markup:
    """How large z (1,3,H,W) is, below a picture that shows it `factor` times as strong: first in levels, then as ‖z‖₂.

    of: what that is called. digits: after the point.
    """
    size = tk.size_of(z)
    most = f"{size.linf:.{digits}f}".removesuffix(".0")  # whole in a saved picture
    return Markup(
        '<dl class="readout"><div><dt>most at one pixel</dt><dd>{} <small>{}</small></dd></div>'
        "<div><dt>{}</dt><dd>{} <small>‖z‖₂</small></dd></div></dl>"
        '<p class="hint">Grey is unchanged. Shown {} times as strong as it is.</p>'
    ).format(most, OF_LEVELS, of, f"{size.l2:.{digits}f}", factor)


def after_html(plan: Plan, x_adv: Tensor, logits: Tensor, lossless: bool, now: str) -> str:
    """The attacked picture with its top-k, and how far each label of it has moved."""
    k, ranked = plan.k, scored(plan.annotator, logits)
    was = {label.name: label.rank for label in scored(plan.annotator, plan.photo.logits)}
    listed = {label.name for label in ranked[:k]}
    out = [name for name in plan.roles.true if name not in listed]  # is it still sure of these?
    former = out or [name for name, rank in was.items() if rank <= k]
    below = top_list(ranked[:k], plan.roles, f"Top {k} {now}", was) + beyond(ranked, k, former)
    return figure("Attacked", "The attacked photo", to_image(x_adv), below, lossless)


def empty_html(title: str, words: str) -> str:
    """A box of the stage that has nothing to show yet."""
    return figure(title, "", None, "", empty=words)
