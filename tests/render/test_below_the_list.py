"""What is said of labels outside a top-k."""

from demo.render.labels import beyond, ranking


def test_below_a_top_k_stands_where_the_best_of_the_former_labels_is_now() -> None:
    ranked = ranking(["car", "person", "<cat>"], [0.99, 0.97, 0.02], [0, 1, 2])
    assert "then person 97%" in beyond(ranked, 1, ["<cat>", "person"])
    assert "rank 3: &lt;cat&gt; 2%" in beyond(ranked, 1, ["car", "<cat>"])  # not the next one
    assert "then person 97%" in beyond(ranked, 1)
    assert beyond(ranked, 1, ["car"]) == beyond(ranked, 3) == ""  # all of them are in the list
