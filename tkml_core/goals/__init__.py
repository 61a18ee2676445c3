"""What counts as fooled: one object a goal, each with an exact margin in score units, negative = achieved.

Margins are strict, so that a tie never counts as a success, and differentiable almost everywhere.
"""

from tkml_core.goals.goal import Goal
from tkml_core.goals.hide import Hide
from tkml_core.goals.ordered import Ordered
from tkml_core.goals.paper import Cleared, Inconsistent, Targeted

# By the names that programs use.
GOALS: dict[str, type[Goal]] = {kind.name: kind for kind in (Cleared, Inconsistent, Targeted, Ordered, Hide)}

__all__ = ["GOALS", "Cleared", "Goal", "Hide", "Inconsistent", "Ordered", "Targeted"]
