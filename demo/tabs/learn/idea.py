"""What comes before the six steps: the same photo twice, and two lists of labels. No formula."""

from typing import Any

from markupsafe import Markup
from torch import Tensor

from demo.catalog.labels import listed_labels
from demo.engine.outcome import Outcome
from demo.render.labels import Scored, scored, top_list
from demo.render.pictures import data_uri, to_image
from demo.render.templates import fill


def idea(outcome: Outcome) -> Markup:
    """The run that is on the tab Attack on arrival, in a minute."""
    plan = outcome.plan
    before, after = (scored(plan.annotator, logits)[: plan.k] for logits in (plan.photo.logits, outcome.logits))
    photos = [
        _photo(outcome, "The photo", plan.photo.x, before),
        _photo(outcome, "The photo, changed", outcome.x_adv, after),
    ]
    names = [listed_labels([label.name for label in labels]) for labels in (before, after)]
    return fill("tabs/learn/idea.html", before=names[0], after=names[1], photos=photos)


def _photo(outcome: Outcome, title: str, x: Tensor, labels: list[Scored]) -> dict[str, Any]:
    image = to_image(x)
    return {
        "title": title,
        "source": data_uri(image, lossless=False),
        "width": image.width,
        "height": image.height,
        "list": top_list(labels, outcome.plan.roles, f"Top {outcome.plan.k}"),
    }
