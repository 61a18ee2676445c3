"""The label vocabularies: VOC's twenty, COCO's eighty, and the names they share under other spellings."""

from collections.abc import Iterable, Sequence

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
    return VOC_TO_COCO.get(tidy, tidy)


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
