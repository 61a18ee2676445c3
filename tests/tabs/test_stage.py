"""What the stage shows while a run goes on: the goal once it is reached, and nothing worse than what Stop would keep."""

import re
from pathlib import Path

import pytest

from demo.engine.plan import AttackRequest, plan_for
from demo.tabs.attack import stage


@pytest.mark.usefixtures("small_photos")
def test_once_the_goal_is_reached_the_pictures_are_of_the_smallest_change_so_far(
    photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """MinNorm begins far beyond the boundary where a goal has several ways: that is not what anybody should see."""
    monkeypatch.setattr(stage, "pause", lambda seconds: 0.0)
    plan = plan_for(photos["cat"], AttackRequest("voc20", 2, "MinNorm", ["cat"], "", goal="cleared", max_steps=60))
    *views, end = stage.views(plan, lambda: False)
    first = str(views[0].verdict)
    assert (
        ">Looking for a change</strong>" in first
        and "So far: cat is still in the top 2. The attack: MinNorm.<" in first
    )
    reached = [view for view in views if "Goal reached" in str(view.verdict)]
    assert 3 < len(reached) < len(views)
    drawn = [view for view in reached if view.change]
    sizes = [float(re.findall(r"<dd>([\d.]+) <small>‖z‖₂", str(view.change))[0]) for view in drawn]
    assert sizes == sorted(sizes, reverse=True) and len(drawn) < len(reached)
    assert all("Top 2 so far" in str(view.after) and ">cat<" not in str(view.after) for view in drawn)
    tried = end.outcome.history.norm[len(views) - len(reached) :]
    assert tried != sorted(tried, reverse=True)  # and larger ones meanwhile
    assert all(
        "size before rounding" in str(view.change) and "Size before rounding" in str(view.race) for view in drawn
    )
    assert "size of the change" in str(end.change) and "last as saved" in str(
        end.race
    )  # 8 bits, as in verdict and table
    assert "score of place 2, the last in the list" in str(end.race) and "λ" not in str(end.race)
    for attack, case, by in (("TkML-AP-U", "", "best true − λ"), ("TkML-AP-T", "best", "λ")):
        own = plan_for(photos["cat"], AttackRequest("voc20", 2, attack, ["cat"], case))
        assert f"the attack’s end of the list ({by})<" in str(stage.opening(own).race)
    assert ">Making it smaller</strong>" in str(reached[0].verdict)
    assert "Stop keeps the smallest change so far. The attack: MinNorm.<" in str(reached[0].verdict)
    device = end.outcome.report["device"]  # where a researcher looks, and nowhere before
    assert f"computed on {device}<" in str(end.table) and device == "CPU"
    assert not any(device in str(view.status) for view in (*views, end))
