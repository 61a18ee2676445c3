"""How a label is written for people. Files, reports, addresses and the endpoints have the data set's own names."""

from collections.abc import Sequence

from demo.catalog.english import listed
from tkml_core.labels import coco_name

_WRITTEN = {"tvmonitor": "TV monitor", "tv": "TV"}


def written(label: str) -> str:
    """Such as "potted plant" for "pottedplant" or "potted_plant"; `label_index` takes either for the label."""
    apart = coco_name(label)  # COCO writes apart what VOC runs together, and has words of its own for others
    same = apart.replace(" ", "") == label.lower()
    return _WRITTEN.get(label, apart if same and " " in apart else label.replace("_", " "))


def listed_labels(labels: Sequence[str], most: int = 5) -> str:
    """Labels as people write them one after the other: `listed`."""
    return listed([written(label) for label in labels], most)
