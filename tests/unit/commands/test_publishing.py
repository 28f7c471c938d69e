"""sign, plan, publish, rollback, releases, and what a lead got."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from authoring.load import read_folder
from commands.opening import opened, settings_for
from commands.releasing import publish_at_start
from domain.keys import send_id
from domain.steps import Order
from storage.deciding import act, open_lead
from storage.sending import open_delivery
from tests.unit.commands.conftest import Desk

TRACK = "content/tracks/dock-waiting"
TRACKS = ["beside-sales", "business-case", "dock-waiting", "keep-in-touch", "re-engagement"]


def change(desk: Desk, path: str, old: str, new: str) -> None:
    file = desk.files / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_both_teams_sign_then_it_can_be_live(desk: Desk) -> None:
    files = ("--files", str(desk.files))
    refused = desk.type("publish", "--as", "ines", *files)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "the definition is not signed by marketing and sales" in refused.err
    desk.type("sign", "definition", "--as", "ines", *files)
    assert "still needs sales" in desk.type("sign", "--all", "--as", "ines", *files).err
    desk.type("sign", "definition", "--as", "tom", *files)
    published = desk.type("publish", "--as", "ines", "--json", *files).json
    assert published["missing"] == {f"track:{track}": ["sales"] for track in TRACKS}
    desk.type("sign", "--all", "--as", "tom", *files)
    assert desk.type("publish", "--as", "ines", "--json", *files).json["is_new"]
    again = desk.type("publish", "--as", "ines", "--json", *files).json
    assert (again["is_new"], again["missing"]) == (False, {})
    rows = desk.type("releases", "--json").json
    assert [(row["number"], row["approved"]) for row in rows] == [(2, TRACKS), (1, [])]


def test_files_with_errors_change_nothing(open_desk: Desk) -> None:
    change(open_desk, "lead_defs/sales-ready.yaml", "title:", "tilte:")
    refused = open_desk.type("publish", "--as", "ines", "--files", str(open_desk.files))
    assert refused.code == 1
    assert "lead_defs/sales-ready.yaml:" in refused.err
    assert len(open_desk.type("releases", "--json").json) == 1


def test_who_may_sign(desk: Desk) -> None:
    files = ("--files", str(desk.files))
    assert "marketing and sales sign" in desk.type("sign", "--all", "--as", "olga", *files).err
    assert "there is nobody called nobody" in desk.type("sign", "--all", "--as", "nobody", *files).err
    assert "there is nothing called budget to sign" in desk.type("sign", "budget", "--as", "ines", *files).err
    assert "give --all" in desk.type("sign", "--as", "ines", *files).err


def test_plan_tells_ci_by_its_exit_code(open_desk: Desk) -> None:
    files = ("--files", str(open_desk.files))
    assert open_desk.type("plan", *files).code == 0
    lead = open_desk.enrol("ana@site.example")
    change(open_desk, f"{TRACK}/checklist.md", "Leave it in", "Leave it at")
    planned = open_desk.type("plan", "--json", *files)
    assert (planned.code, planned.json["counts"], planned.json["total"]) == (2, {"other_words": 1}, 1)
    table = open_desk.files / "plan.csv"
    said = open_desk.type("plan", "--csv", str(table), "--first", "0", *files)
    assert (said.code, table.read_text().splitlines()[1].split(",")[:3]) == (2, [lead, "other_words", "checklist"])
    assert "the same touch in other words" in said.out
    assert open_desk.type("plan", "--csv", str(open_desk.files / "no" / "plan.csv"), *files).code == 1
    change(open_desk, "lead_defs/sales-ready.yaml", "title:", "tilte:")
    change(open_desk, f"{TRACK}/checklist.md", "sender.first_name", "sender.frist_name")
    broken = open_desk.type("plan", *files)
    assert broken.code == 1
    assert "tilte" in broken.err
    assert open_desk.type("plan", "--json", *files).json["problems"][0]["severity"] == "error"


def test_going_back_and_what_was_live(open_desk: Desk) -> None:
    files = ("--files", str(open_desk.files))
    assert "nothing was live before" in open_desk.type("rollback", "--as", "tom").err
    change(open_desk, f"{TRACK}/checklist.md", "Leave it in", "Leave it at")
    assert "tom is manager" in open_desk.type("publish", "--as", "tom", *files).err
    assert "say who you are" in open_desk.type("publish", *files).err
    assert open_desk.type("publish", "--as", "lena", *files).code == 0
    assert "is live again" in open_desk.type("rollback", "--as", "tom").err
    rows = open_desk.type("releases", "--json").json
    assert [(row["number"], row["action"], row["by"]) for row in rows] == [
        (3, "rollback", "tom"),
        (2, "publish", "lena"),
        (1, "publish", "ines"),
    ]
    assert rows[0]["release"] == rows[2]["release"]
    assert "Puts live again what tom rolled back on" in open_desk.type("plan", *files).out
    refused = open_desk.type("publish", "--as", "ines", *files)
    assert f"tom rolled release {rows[1]['release'][:12]} back on" in refused.err
    assert f"would put live again what it said in {TRACK}/checklist.md; mend them first, or" in refused.err
    with opened(settings_for(open_desk.data)) as archive:
        assert any("tom rolled release" in sentence for sentence in publish_at_start(archive, open_desk.files))
    assert open_desk.type("publish", "--as", "ines", "--onto", "1", *files).code == 0
    assert "went back" in open_desk.type("releases").out
    assert "Leave it in" in open_desk.type("releases", "show", "1", "--file", f"{TRACK}/checklist.md").out
    shown = open_desk.type("releases", "show", rows[1]["release"][:10])
    assert "made live as number 2 by lena" in shown.out
    assert "has no file" in open_desk.type("releases", "show", "1", "--file", "content/none.md").err
    assert "there is no publication 9" in open_desk.type("releases", "show", "9").err


def test_up_takes_nothing_back(open_desk: Desk) -> None:
    """Somebody published from a laptop; the folder on the server is older, and stays unused until it is brought up."""
    older = read_folder(open_desk.files)
    change(open_desk, f"{TRACK}/checklist.md", "Leave it in", "Leave it at")
    assert open_desk.type("publish", "--as", "lena", "--files", str(open_desk.files)).code == 0
    (open_desk.files / TRACK / "checklist.md").write_text(older[f"{TRACK}/checklist.md"])
    with opened(settings_for(open_desk.data)) as archive:
        (sentence,) = publish_at_start(archive, open_desk.files)
    assert "stays live: these files take back what lena made live" in sentence
    assert len(open_desk.type("releases", "--json").json) == 2


def test_what_a_lead_got(open_desk: Desk) -> None:
    lead = open_desk.enrol("ana@site.example")
    assert "nothing was given then" in open_desk.type("lead", "got", lead).out
    with opened(settings_for(open_desk.data)) as archive:
        order = Order(lead, 0, "")
        step = act(archive, order)
        with archive.begin() as tx:
            d = open_lead(tx, archive, UUID(lead))
            found = d.release.find_touch("checklist")
            assert found is not None
            open_delivery(d, *found, send_id(d.lead.id, "checklist", 1), 1, "test")
        today = archive.clock.now().date().isoformat()
    assert step.id.startswith("deliver:checklist")
    (got,) = open_desk.type("lead", "got", "ana@site.example", "--json").json
    assert (got["touch"], got["is_proven"], got["path"]) == ("checklist", True, f"{TRACK}/checklist.md")
    change(open_desk, f"{TRACK}/checklist.md", "Leave it in", "Leave it at")
    published = open_desk.type("publish", "--as", "ines", "--files", str(open_desk.files))
    assert "1 lead had checklist in other words" in published.out
    assert "Ana" in published.out
    assert "Leave it in the dock office" in open_desk.type("lead", "got", lead).out
    assert open_desk.type("lead", "got", lead, "--on", "2020-03-03", "--json").json == []
    days = {today, (date.fromisoformat(today) - timedelta(days=1)).isoformat()}
    found_on = [open_desk.type("lead", "got", lead, "--on", day, "--json").json for day in sorted(days)]
    assert sum(map(len, found_on)) == 1
    assert open_desk.type("lead", "got", lead, "--on", "3 March").code == 2
