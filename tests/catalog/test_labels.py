"""Labels as people write them: they stand on the page, and are read for the data set's own."""

from unittest.mock import Mock

import pytest

from demo.catalog.labels import listed_labels, written
from demo.components.label_toggles import truth_panel
from demo.engine.label_roles import Roles
from demo.render.labels import Scored, top_list
from demo.tabs.attack.label_picker import Naming, labels_to_name
from tkml_core.labels import COCO80, VOC20, label_index

TV = Scored("tvmonitor", 0.9, 1)


@pytest.mark.parametrize("labels", [VOC20, COCO80, ("aerosol_can", "bat_(animal)")], ids=["voc", "coco", "own"])
def test_what_is_written_is_read_for_the_label_itself(labels: tuple[str, ...]) -> None:
    for place, label in enumerate(labels):
        assert "_" not in written(label)
        assert {label_index(said, labels) for said in (written(label), written(label).lower(), label)} == {place}
    assert len({written(label) for label in labels}) == len(labels)


def test_names_that_a_data_set_runs_together_are_written_apart() -> None:
    assert listed_labels(["pottedplant", "diningtable", "tvmonitor"]) == "potted plant, dining table and TV monitor"


def test_the_page_shows_what_is_written_and_works_with_the_name() -> None:
    toggle = truth_panel([TV], [], 1, "sample")
    assert 'data-label="tvmonitor"' in toggle and toggle.count("TV monitor") == 3  # seen, and said to who does not see
    assert '<span class="name">TV monitor</span>' in top_list([TV], Roles(("cat",)), "Top 1")


def test_the_menu_takes_either_spelling() -> None:
    w = Mock()
    typed = ("TV monitor", "potted plant", "diningtable", "unicorn")
    chosen = labels_to_name(w, "voc20", ("cat",), 4, Naming("targeted", "chosen", typed))[w.chosen]
    assert chosen["value"] == ["tvmonitor", "pottedplant", "diningtable"]
    assert ("TV monitor", "tvmonitor") in chosen["choices"]
