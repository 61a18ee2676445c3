"""How a label is written for people. Files, reports, addresses and the endpoints have the data set's own names."""

from collections.abc import Sequence

from demo.catalog.english import listed

# Names that a data set runs together, or does not write as English does
_WRITTEN = {"diningtable": "dining table", "pottedplant": "potted plant", "tvmonitor": "TV monitor", "tv": "TV"}


def written(label: str) -> str:
    """Such as "potted plant" for "pottedplant" or "potted_plant"; `label_index` takes either for the label."""
    return _WRITTEN.get(label, label.replace("_", " "))


def listed_labels(labels: Sequence[str], most: int = 5) -> str:
    """Labels as people write them one after the other: `listed`."""
    return listed([written(label) for label in labels], most)
