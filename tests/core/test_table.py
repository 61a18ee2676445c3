"""README's table of annotators is the registry's, with what was measured."""

from tkml_core.zoo import registry, table


def test_the_readme_has_the_table_as_it_is_now() -> None:
    readme = table.README.read_text(encoding="utf-8")
    assert table.with_table(readme) == readme, "python -m tkml_core.zoo.table --write"
    assert all(f"| `{name}` |" in readme for name in registry.ENTRIES)


def test_what_was_measured_is_read_by_its_columns() -> None:
    page = """
| other | mAP |
| --- | --- |
| `voc20` | 1 |

| annotator | network | mAP | calibration error | size | step |
| --- | --- | --- | --- | --- | --- |
| `voc20` | X | 0.9 | 0.01 | 2 MB | 1.2 |

| annotator | mAP | calibration error | step |
| --- | --- | --- | --- |
| `voc20` | 0 | 0 | 0 |
"""
    assert table.measured(page) == {"voc20": {"mAP": "0.9", "calibration error": "0.01", "step": "1.2"}}
