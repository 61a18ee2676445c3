"""Tables as CSV: what is in the file, and the link that carries it."""

import base64
import csv
import io

from demo.render.csv_file import csv_link, csv_text


def test_numbers_stay_numbers_and_no_word_is_a_formula() -> None:
    text = csv_text(("photo", "norm", "labels"), [("=HYPERLINK(1)", -1.25, ["cat", "dog"]), ("a, b", None, ())])
    first, second = csv.DictReader(io.StringIO(text))
    assert first == {"photo": "'=HYPERLINK(1)", "norm": "-1.25", "labels": "cat;dog"}
    assert second == {"photo": "a, b", "norm": "", "labels": ""}


def test_a_link_carries_the_whole_file() -> None:
    link = csv_link("<table>", "a,b\n‖z‖₂,1\n", "Table & more")
    assert 'download="&lt;table&gt;.csv"' in link and "Table &amp; more</a>" in link
    assert base64.b64decode(link.split("base64,")[1].split('"')[0]).decode() == "a,b\n‖z‖₂,1\n"
