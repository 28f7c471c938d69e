"""The session of docs/sales.md, as it stands there, against a real `up`: a lead given back from every state."""

from __future__ import annotations

import os
import re
import subprocess
from email import message_from_bytes, policy
from pathlib import Path

from tests.integration.test_readme import commands
from tests.integration.test_up import ROOT, House, environment, house

__all__ = ["house"]
BLOCK = re.compile(r"<!-- tested: recycle -->\n```sh\n(.*?)```", re.DOTALL)
STATES = ("HANDED_OFF", "ACCEPTED", "WORKING", "QUALIFIED", "OPPORTUNITY", "PROPOSAL", "LOST")
LEADS = ("offered", "accepted", "working", "qualified", "opportunity", "proposal", "lost")


def test_a_lead_comes_back_from_every_state(house: House, tmp_path: Path) -> None:
    found = BLOCK.search((ROOT / "docs" / "sales.md").read_text())
    assert found, "the session of docs/sales.md is gone"
    house.speed = ("1", "--begin", "2027-01-04T15:00:00")
    house.start()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / ".nurture").symlink_to(house.data)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", found[1].replace("8600", str(house.ports[0]))],
        cwd=tmp_path / "here",
        env=environment() | {"PATH": f"{commands(tmp_path)}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"state":"RECYCLED"') == 7, done.stdout
    for lead, state in zip(LEADS, STATES, strict=True):
        rows = house.call("GET", f"/api/leads/crm:{lead}/timeline?limit=500")["items"]
        came = [r["data"]["from"] for r in rows if r["kind"] == "transition" and r["data"]["to"] == "RECYCLED"]
        assert came == [state], lead
    named = house.call("GET", "/api/leads/crm:accepted/timeline?limit=500")["items"]
    (referral,) = [row["data"]["named"] for row in named if row["data"].get("is") == "referral"]
    assert house.call("GET", f"/api/leads/{referral}")["origin"] == "referral"
    assert '"cool_until"' in done.stdout
    assert_packets_were_mailed(house.data / "mail")


def assert_packets_were_mailed(caught: Path) -> None:
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in caught.glob("*.eml")]
    offers = [mail for mail in mails if str(mail["Subject"]).startswith("A sales-ready lead for you")]
    assert len(offers) == len(LEADS)
    for mail in offers:
        text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")  # type: ignore[union-attr]  # a notice has a body
        assert str(mail["To"]) == "Rosa Delgado <rosa@harborline.example>"
        assert re.search(r"(?m)^http://\S+/h/[\w-]+/accept$", text)
        assert re.search(r"(?m)^http://\S+/h/[\w-]+/not-for-us$", text)
        assert text.index("WHO AND WHY NOW") < text.index("WHAT YOU OWE") < text.index("HOW TO REACH THEM")
