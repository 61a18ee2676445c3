"""What the audit of packages makes of pip-audit's report; pip-audit itself is not asked."""

import re
import subprocess
from pathlib import Path
from typing import Any

import audit
import pytest


def found(name: str, *fixes: str) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": list(fixes)}]}


def test_only_what_is_required_and_can_be_mended_is_an_error() -> None:
    ours = audit.required("gradio>=6.31,<7\n# pillow\nScikit_Image>=0.24\n\n")
    assert ours == {"gradio", "scikit-image"}
    cases = [
        (found("gradio", "6.40"), True),
        (found("scikit.image", "1"), True),
        (found("gradio"), False),
        (found("h11", "2"), False),
    ]
    for one, expected in cases:
        lines, to_mend = audit.judged({"dependencies": [one, {"name": "numpy", "version": "2", "vulns": []}]}, ours)
        assert len(lines) == 1 and to_mend == expected
    assert audit.judged({"dependencies": [found("gradio", "6.40")]}, ours)[0] == ["gradio 1.0: PYSEC-1, mended in 6.40"]


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (subprocess.CalledProcessError(1, "pip", stderr=b"x\nNo matching distribution"), r"installed \(No matching"),
        (subprocess.TimeoutExpired("pip", 120), "longer than 120 s"),
        (None, "could not be had"),
    ],
)
def test_without_its_data_it_is_left_out_and_that_is_said(
    fails: Exception | None, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*_: Any, **__: Any) -> None:
        if fails:
            raise fails

    monkeypatch.setattr(audit.venv, "create", lambda *_, **__: None)
    monkeypatch.setattr(audit.subprocess, "run", run)
    assert re.search(words, str(audit.audited(Path("/nowhere"))))
    assert audit.main() == 0 and "left out" in capsys.readouterr().out
