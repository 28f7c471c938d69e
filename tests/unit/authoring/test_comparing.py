"""What differs between two sets of files."""

from __future__ import annotations

from authoring.comparing import LONGEST, differences


def test_added_changed_removed() -> None:
    old = {"a.md": "one\ntwo\nthree\n", "gone.md": "x\n", "same.md": "s\n"}
    new = {"a.md": "one\n2\nthree\n", "new.md": "y\n", "same.md": "s\n"}
    found = {d.path: d for d in differences(old, new)}
    assert {path: d.change for path, d in found.items()} == {"a.md": "changed", "gone.md": "removed", "new.md": "added"}
    assert found["a.md"].lines == ("@@ -1,3 +1,3 @@", " one", "-two", "+2", " three")
    assert (found["new.md"].lines, found["gone.md"].lines) == (("@@ -0,0 +1 @@", "+y"), ("@@ -1 +0,0 @@", "-x"))


def test_how_lines_end_makes_no_difference() -> None:
    assert differences({"a.md": "one\ntwo\n"}, {"a.md": "\ufeffone\r\ntwo\r\n"}) == []


def test_an_empty_file_that_comes_is_told() -> None:
    (found,) = differences({}, {"a.md": ""})
    assert (found.change, found.lines) == ("added", ())


def test_a_huge_difference_is_cut() -> None:
    (found,) = differences({}, {"a.md": "x\n" * 100_000})
    assert len(found.lines) == LONGEST
