"""The label vocabularies: VOC's twenty, COCO's eighty, and the names they share under other spellings."""

from collections.abc import Iterable, Mapping, Sequence

VOC20 = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip

COCO80 = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
    "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
    "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
    "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
    "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone",
    "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear",
    "hair drier", "toothbrush",
)  # fmt: skip

NAMED = {"voc20": VOC20, "coco80": COCO80}  # as a description of an annotator may call them

VOC_TO_COCO = {
    "aeroplane": "airplane",
    "diningtable": "dining table",
    "motorbike": "motorcycle",
    "pottedplant": "potted plant",
    "sofa": "couch",
    "tvmonitor": "tv",
}


def coco_name(name: str) -> str:
    """COCO's spelling of a label, whichever of the two data sets spelled it: one key for icons and for training."""
    tidy = " ".join(name.strip().lower().replace("_", " ").split())
    return VOC_TO_COCO.get(tidy.replace(" ", ""), tidy)  # "TV monitor" is "tvmonitor"


def label_names(labels: Sequence[str] | Mapping[int, str] | Mapping[str, str]) -> tuple[str, ...]:
    """The names of an annotator's outputs in their order, from a list or from a Hugging Face config's `id2label`.

    ValueError where they are fewer than two, not texts, or two of them are the same.
    """
    if isinstance(labels, Mapping):
        try:
            by_place = {int(place): name for place, name in labels.items()}
        except (TypeError, ValueError):
            by_place = {}
        if sorted(by_place) != list(range(len(labels))):
            raise ValueError("labels as a dict should be id2label: {0: name, 1: name, …}, with every place from 0 on.")
        labels = [by_place[place] for place in range(len(by_place))]
    if isinstance(labels, str):
        raise ValueError(f"labels should be a list of names; got one text, {labels[:50]!r}.")
    names = tuple(labels)
    odd = next((i for i, name in enumerate(names) if not isinstance(name, str) or not name.strip()), None)
    if odd is not None:
        raise ValueError(f"Every label should be a text with a letter in it; label {odd} is {names[odd]!r:.200}.")
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        if places.setdefault(name, place) != place:
            raise ValueError(
                "An annotator needs at least two labels, all different; "
                f"labels {places[name]} and {place} are both called {name!r:.200}. Give one of them another name."
            )
    if len(names) < 2:
        raise ValueError(f"An annotator needs at least two labels, all different; got {list(names)}.")
    return names


def label_index(name: str, labels: Sequence[str]) -> int:
    """Position of `name` in `labels`; VOC's and COCO's spellings stand for each other.

    Raises ValueError, naming the labels there are, where none matches.
    """
    if name in labels:
        return labels.index(name)
    wanted = coco_name(name)
    for index, label in enumerate(labels):
        if coco_name(label) == wanted:
            return index
    raise ValueError(f"No label is called {name!r:.200}. The labels are: {', '.join(labels)}.")


def label_indices(names: Iterable[str], labels: Sequence[str]) -> list[int]:
    """Positions of several names, in their order."""
    if isinstance(names, str):
        raise ValueError(f"A list of label names is expected; got one text. Write [{names!r:.200}].")
    return [label_index(name, labels) for name in names]
