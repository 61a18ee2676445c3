"""What part each label has in a run: true, a target, or to be hidden."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Roles:
    """True labels, targets and labels to hide, by name; `ordered` where the targets' order counts."""

    true: tuple[str, ...]
    targets: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    ordered: bool = False

    def kind(self, name: str) -> str:
        """The CSS class: "out" (to be hidden; "hide" is Gradio's own class), "true", "target" or "other"."""
        if name in self.hidden:
            return "out"
        return "true" if name in self.true else "target" if name in self.targets else "other"

    def word(self, name: str) -> str:
        """The same for who cannot see it; empty for a label without a part."""
        if self.ordered and name in self.targets:
            return f"target for place {self.targets.index(name) + 1}"
        return {"out": "true, to be hidden", "true": "true", "target": "target", "other": ""}[self.kind(name)]
