"""`nurture preview`: as a site that follows what is saved, as files, and mailed to a colleague."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from queue import Queue
from signal import SIGINT
from subprocess import PIPE, Popen
from threading import Event, Thread

import httpx
import pytest
from aiosmtpd.smtp import SMTP
from starlette.testclient import TestClient

import cli
from authoring.load import compile_release, read_folder
from authoring.preview import NOTHING_KNOWN, RealLead, id_of, places, readers, typical
from commands.folder import Folder, Run
from commands.opening import settings_for
from commands.previews.pages import due
from commands.previews.posting import Relay, relay
from commands.previews.site import Site
from commands.previews.workbench import Workbench
from domain.errors import NotReadyError
from domain.phrases import parse_span
from mail.catcher import Catcher, catching
from storage.archive import machine_now
from storage.facts import load
from tests.unit.commands.conftest import ROOT, Desk
from tests.unit.mail.sinks import hang_up
from tests.world import World, shipped_release

CHECKLIST = "content/tracks/dock-waiting/checklist.md"
SAMPLES = "content/samples.yaml"
HOSTILE = """
  hostile:
    lead: {first_name: "<script>alert(1)</script>", last_name: "\\"><img src=x onerror=alert(2)>", email: x@e.example}
    inquiry: {topic: detention}
"""
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60


@contextmanager
def site(desk: Desk, wanted: str | None = None, sample: str | None = None) -> Iterator[TestClient]:
    app = Site(Workbench(desk.files), wanted, sample, "https://n.example", "mail.example").app()
    with TestClient(app, base_url="http://127.0.0.1:8650") as client:
        yield client


def edit(desk: Desk, path: str, old: str, new: str) -> None:
    file = desk.files / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1_000_000))  # two edits within one tick of the file system


def page_of(client: TestClient, path: str = "/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def frames(page: str, kind: str) -> list[str]:
    """What stands in the sealed frames of a kind."""
    return [unescape(html) for html in re.findall(rf'<iframe class="{kind}"[^>]* srcdoc="([^"]*)"', page)]


def test_a_track_is_shown_by_stage_to_a_reader_it_takes(desk: Desk) -> None:
    with site(desk) as client:
        page = page_of(client)
    release = compile_release(read_folder(desk.files))
    track = release.tracks["dock-waiting"]
    shown = re.findall(r'<article id="([^"]+)"', page)
    assert shown == [touch.id for place in places(track) for touch in place.touches]
    assert set(shown) == set(track.touches)
    assert typical(readers(release, machine_now()), track).name in page
    mails = [touch for touch in track.touches.values() if not touch.is_human]
    for kind in ("light", "dark", "no-images"):
        assert len(frames(page, kind)) == len(mails)
    assert page.count('sandbox=""') == page.count("<iframe")


def test_the_main_track_comes_first_and_the_others_are_a_click_away(desk: Desk) -> None:
    with site(desk) as client:
        start = client.get("/", follow_redirects=False).headers["location"]
        tracks = re.findall(r'<a href="\.\./([\w-]+)/[\w-]+\.html"', page_of(client).split("</nav>")[0])
        others = [page_of(client, f"/{track}/told-us-everything.html") for track in tracks]
    assert start.startswith("/dock-waiting/")
    assert tracks[0] == "dock-waiting"
    assert set(tracks) == {"beside-sales", "dock-waiting", "business-case", "keep-in-touch", "re-engagement"}
    assert not [page for page in others if "choose another reader" in page]


def test_who_comes_to_a_track_without_a_condition_was_taken_by_another(desk: Desk) -> None:
    release = compile_release(read_folder(desk.files))
    found, track = readers(release, machine_now()), release.tracks["keep-in-touch"]
    assert track.enrol is None
    assert typical(found, track) == typical(found, release.main_track)
    assert found[NOTHING_KNOWN].is_taken_by(track) is None
    with site(desk, "keep-in-touch") as client:
        page = page_of(client)
        unknown = page_of(client, f"/keep-in-touch/{NOTHING_KNOWN}.html")
    assert "Leads come here from other tracks" in page
    assert f"Unknown of {NOTHING_KNOWN}" in unknown


def test_a_reader_the_track_does_not_take_is_said_to_be_none(desk: Desk) -> None:
    with site(desk) as client:
        for track, who in (("dock-waiting", "This track does not take"), ("keep-in-touch", "No other track takes")):
            page = page_of(client, f"/{track}/hand-raiser-in-profile.html")
            assert f"{who} hand-raiser-in-profile; choose another reader above" in page


def with_variants(desk: Desk) -> None:
    for path in (CHECKLIST, "content/tracks/dock-waiting/cost-of-waiting.md"):
        edit(desk, path, "---\nsubject", "---\nvariants: {a: 70, b: 30}\nsubject")
        variant = "---\nsubject: Said <b>otherwise</b>\n---\n"
        (desk.files / path.replace(".md", ".b.md")).write_text(variant, encoding="utf-8")


def test_every_variant_is_shown_as_its_leads_get_it(desk: Desk) -> None:
    with_variants(desk)
    with site(desk) as client:
        page = page_of(client)
        french = page_of(client, "/dock-waiting/eager-quebec.html")
    shown = re.findall(r'<article id="([^"]+)"', page)
    assert [each for each in shown if "." in each] == [
        "checklist.a", "checklist.b", "cost-of-waiting.a", "cost-of-waiting.b",
    ]  # fmt: skip
    assert "checklist.b.md" in page
    assert "<b>b</b>, for 30 % of the leads" in page
    assert "<bdi>Said &lt;b&gt;otherwise&lt;/b&gt;</bdi>" in page
    first, second, *_ = frames(page, "light")
    assert first.count("Before you change anything") == second.count("Before you change anything") == 1
    # whoever reads French gets the words of the French file, whatever the variant
    assert [each for each in re.findall(r'<article id="([^"]+)"', french) if "cost" in each] == ["cost-of-waiting"]


def test_a_reader_of_whom_nothing_is_known_gets_every_mail(desk: Desk) -> None:
    with site(desk) as client:
        page = page_of(client, f"/dock-waiting/{NOTHING_KNOWN}.html")
    assert "cannot get this mail" not in page
    assert "Hi there," in frames(page, "light")[0]


def test_a_reader_of_another_language_reads_it_where_there_is_one(desk: Desk) -> None:
    with site(desk) as client:
        page = page_of(client, "/dock-waiting/eager-quebec.html")
        nobody = page_of(client, f"/dock-waiting/{NOTHING_KNOWN}-fr.html")
    for shown in (page, nobody):
        (french,) = [html for html in frames(shown, "light") if '<html lang="fr">' in html]
        assert "Se désabonner" in french
        assert "cost-of-waiting.fr.md" in shown
        answers = frames(shown, "answer")
        assert any("Qu&#39;est-ce qui vous coûte le plus" in html and "Envoyer ma réponse" in html for html in answers)
    assert "Zoë, combien" in page


def test_the_headers_are_those_of_the_wire(desk: Desk) -> None:
    with site(desk) as client:
        page = page_of(client)
    (first, *_) = re.findall(r'<pre class="headers">(.*?)</pre>', page, re.DOTALL)
    head = unescape(first)
    assert re.search(r"^List-Unsubscribe: <https://n\.example/u/[\w-]{40}>$", head, re.MULTILINE)
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert "To: Marcus Bell <marcus.bell@ridgeway-foods.example>" in head


def test_light_and_dark_are_those_of_the_mail_whatever_the_screen(desk: Desk) -> None:
    with site(desk) as client:
        page = page_of(client)
    light, dark, bare = (frames(page, kind)[0] for kind in ("light", "dark", "no-images"))
    assert "@media not all" in light
    assert "@media all" in dark
    assert "prefers-color-scheme" not in light + dark
    assert "img-src 'none'" in bare
    assert "img-src 'none'" not in light


def test_a_human_touch_shows_script_question_and_form(desk: Desk) -> None:
    with site(desk, "research-call") as client:
        page = page_of(client)
    assert re.findall(r'<article id="([^"]+)"', page) == ["research-call"]
    assert "this is Lena at Harborline" in page
    assert "What goes wrong at your docks that costs you most?" in page
    assert "Trucks wait and we pay detention" in page
    assert "tried again 2 days later, 3 times at most" in page
    assert "Due 2 business days after it was opened, for <bdi>Lena Brandt</bdi>" in page


def test_lead_data_with_markup_is_words_everywhere(desk: Desk) -> None:
    with (desk.files / SAMPLES).open("a", encoding="utf-8") as file:
        file.write(HOSTILE)
    with site(desk) as client:
        page = page_of(client, "/dock-waiting/hostile.html")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    inside = "".join(frames(page, "light"))
    assert "&lt;script&gt;alert(1)" in inside
    assert "<script>alert" not in inside


def test_a_picture_is_shown_and_counts(desk: Desk) -> None:
    (desk.files / "content/tracks/dock-waiting/doors.png").write_bytes(PNG)
    edit(desk, CHECKLIST, "Leave it in", "![Three doors](doors.png)\n\nLeave it in")
    with site(desk, "checklist") as client:
        page = page_of(client)
    assert 'src="data:image/png;base64,' in frames(page, "light")[0]


def test_the_page_follows_what_is_saved(desk: Desk) -> None:
    with site(desk, "checklist") as client:
        page = page_of(client)
        known = client.get("/version").text
        assert f'data-version="{known}"' in page
        assert client.get("/version").text == known
        edit(desk, CHECKLIST, "Before you change anything", "Before you touch anything")
        assert client.get("/version").text != known
        assert "Before you touch anything" in page_of(client)


def test_a_mistake_is_shown_over_what_was_right_before(desk: Desk) -> None:
    with site(desk, "checklist") as client:
        page_of(client)
        edit(desk, CHECKLIST, "subject:", "subjct:")
        page = page_of(client)
        assert "below is what the files said before" in page
        assert f"{CHECKLIST}:2:1: There is no setting subjct here; did you mean subject?" in unescape(page)
        assert "^^^^^^" in page
        assert "Before you change anything" in frames(page, "light")[0]
        edit(desk, CHECKLIST, "subjct:", "subject:")
        assert "below is what the files said before" not in page_of(client)


def test_a_mistake_in_a_template_hides_only_its_own_mail(desk: Desk) -> None:
    edit(desk, CHECKLIST, "Hi {{ lead.first_name", "Hi {{ lead.frist_name")
    with site(desk) as client:
        page = page_of(client)
    assert "There is no field lead.frist_name; did you mean lead.first_name?" in unescape(page)
    assert len(frames(page, "light")) >= 6


@pytest.mark.parametrize("damage", ["", "\0", "tracks: [", "\xff"])
def test_files_that_were_never_right_are_told_and_mended(desk: Desk, damage: str) -> None:
    defaults = desk.files / "content/defaults.yaml"
    good = defaults.read_bytes()
    defaults.write_bytes(damage.encode("latin-1"))
    with site(desk) as client:
        page = page_of(client)
        assert "Nothing to show yet" in page
        assert "content/defaults.yaml" in page
        assert page_of(client, "/dock-waiting/x.html").count("Nothing to show yet") == 1
        defaults.write_bytes(good)
        assert "<article" in page_of(client)


def test_a_touch_that_goes_while_somebody_looks(desk: Desk) -> None:
    with site(desk, "door-map") as client:
        page_of(client)
        (desk.files / "content/tracks/dock-waiting/door-map.md").unlink()
        edit(desk, "content/tracks/dock-waiting/track.yaml", "door-map, ", "")
        answer = client.get("/")
        assert answer.status_code == 404
        assert "there is no track or touch door-map" in answer.text
        assert "data-version" in answer.text  # it may come back


def test_a_folder_without_any_track(desk: Desk, tmp_path: Path) -> None:
    shutil.rmtree(desk.files / "content/tracks")
    for path, key in (("content/defaults.yaml", "then|dormant_track"), ("lead_defs/recycling.yaml", "track")):
        file = desk.files / path
        file.write_text(re.sub(rf"(?m)^ *({key}):.*\n", "", file.read_text(encoding="utf-8")), encoding="utf-8")
    with site(desk) as client:
        assert "there is no track in content/tracks yet" in client.get("/").text
    for words in (("--out", str(tmp_path / "out")), ("--send-to", "i@h.example")):
        said = desk.type("preview", "--files", str(desk.files), *words)
        assert said.code == 1
        assert "there is no track in content/tracks yet" in said.err


def test_the_command_serves_until_it_is_told_to_stop(desk: Desk) -> None:
    words = ["preview", "checklist", "--files", str(desk.files), "--json"]
    with Popen([sys.executable, "-m", "cli", *words], stdout=PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["preview"]
        try:
            answer = httpx.get(address, follow_redirects=True, timeout=20)
        finally:
            process.send_signal(SIGINT)
        assert process.wait(20) in (0, 130)
    assert answer.status_code == 200
    assert 'id="checklist"' in answer.text


def test_a_port_that_is_taken(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = desk.type("preview", "--files", str(desk.files), "--port", str(port))
    assert said.code == 1
    assert f"port {port} is in use" in said.err


def test_the_page_is_sealed_and_local(desk: Desk) -> None:
    with site(desk) as client:
        answer = client.get("/dock-waiting/told-us-everything.html")
        assert "default-src 'none'" in answer.text
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
        for path in (
            "/dock-waiting/nobody.html",
            "/no-such-track/told-us-everything.html",
            "/dock-waiting/%2e%2e.html",
        ):
            assert client.get(path, follow_redirects=False).headers["location"] == "/"
        assert client.get("/etc/passwd").status_code == 404


def test_files_hold_everything_they_need(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = desk.type("preview", "--files", str(desk.files), "--out", str(out))
    assert said.code == 0, said.err
    index = (out / "index.html").read_text(encoding="utf-8")
    start = re.search(r"url=([^\"]+)", index)
    assert start is not None
    page = (out / start[1]).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "preview.js" not in page
    links = set(re.findall(r'href="(\.\./[^"]+)"', page))
    assert len(links) > 20
    for link in links:
        assert (out / "dock-waiting" / link).resolve().is_file()
    assert (out / f"dock-waiting/{NOTHING_KNOWN}.html").is_file()
    assert not desk.data.exists()


def test_one_sample_one_touch(desk: Desk, tmp_path: Path) -> None:
    words = (
        "preview",
        "checklist",
        "--sample",
        "quiet-no-name",
        "--files",
        str(desk.files),
        "--out",
        str(tmp_path / "o"),
    )
    said = desk.type(*words, "--json")
    assert said.json == {"folder": str(tmp_path / "o"), "pages": 2}
    page = (tmp_path / "o/dock-waiting/quiet-no-name.html").read_text(encoding="utf-8")
    assert "Hi there," in page


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("dock-wating",), "there is no track or touch dock-wating; did you mean dock-waiting?"),
        (("--sample", "nobdy"), "there is no sample nobdy in content/samples.yaml"),
        (("--send-to", "a@b.example"), "--out writes files and --send-to mails"),
    ],
)
def test_what_cannot_be_previewed(desk: Desk, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    said = desk.type("preview", *words, "--files", str(desk.files), "--out", str(tmp_path / "out"))
    assert said.code == 1
    assert says in said.err
    assert not (tmp_path / "out").exists()


def test_wrong_files_are_not_written_out(desk: Desk, tmp_path: Path) -> None:
    edit(desk, CHECKLIST, "subject:", "subjct:")
    said = desk.type("preview", "--files", str(desk.files), "--out", str(tmp_path / "out"))
    assert said.code == 1
    assert "^^^^^^" in said.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    said = desk.type("preview", "checklist", "--files", str(desk.files), "--out", str(tmp_path / "out"))
    assert said.code == 1
    assert "name another folder with --out" in said.err


@contextmanager
def catcher(folder: Path) -> Iterator[int]:
    """The built-in catcher on a port of its own."""
    port, is_done = Queue[int](), Event()

    async def serve() -> None:
        caught, made = Catcher(folder), list[SMTP]()

        def connection() -> SMTP:
            made.append(catching(caught))
            return made[-1]

        server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(is_done.wait)
        server.close()
        for one in made:
            hang_up(one)
        await asyncio.sleep(0.01)

    thread = Thread(target=asyncio.run, args=[serve()])
    thread.start()
    try:
        yield port.get(timeout=10)
    finally:
        is_done.set()
        thread.join(10)


def received(folder: Path) -> list[EmailMessage]:
    found = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in sorted(folder.iterdir())
    ]
    return [message for message in found if isinstance(message, EmailMessage)]


def test_a_colleague_gets_a_test_that_counts_for_nothing(desk: Desk, tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    with catcher(mail) as port:
        words = ("preview", "dock-waiting", "--files", str(desk.files), "--smtp", f"127.0.0.1:{port}")
        said = desk.type(
            *words, "--send-to", "ines@harborline.example", "--send-to", "tom@harborline.example", "--json"
        )
    assert said.code == 0, said.err
    messages = received(mail)
    touches = compile_release(read_folder(desk.files)).tracks["dock-waiting"].touches.values()
    assert len(messages) == len(said.json["sent"]) == 2 * sum(not touch.is_human for touch in touches)
    for message in messages:
        assert message["Subject"].startswith("[Test] ")
        assert message["X-Nurture-Test"] == "yes"
        assert message["Feedback-ID"] is None
        assert message["X-Nurture-Id"] is None
        html = message.get_body(("html",))
        assert html is not None
        assert "/c/" not in html.get_content()
    assert {message["To"] for message in messages} == {"ines@harborline.example", "tom@harborline.example"}
    assert len({message["Message-ID"] for message in messages}) == len(messages)
    assert "https://harborline.example/guides/detention-checklist" in str(messages[0].get_body(("html",)))
    assert not (desk.data / "archive.db").exists()


def test_a_colleague_gets_every_variant(desk: Desk, tmp_path: Path) -> None:
    with_variants(desk)
    mail = tmp_path / "mail"
    with catcher(mail) as port:
        words = ("preview", "checklist", "--files", str(desk.files), "--smtp", f"127.0.0.1:{port}")
        assert desk.type(*words, "--send-to", "ines@harborline.example").code == 0
    assert {message["Subject"] for message in received(mail)} == {
        "[Test] Twelve reasons a truck waits. Which are yours?",
        "[Test] Said <b>otherwise</b>",
    }


@pytest.mark.parametrize(
    ("words", "mode", "says"),
    [
        (("--send-to", "not an address"), "catch", "“not an address” is no address one can write to"),
        (("--send-to", "ines@harborline.example"), "pilot", "add ines@harborline.example to NURTURE_PILOT"),
        (("--send-to", "i@h.example", "--smtp", "nowhere"), "catch", "“nowhere” is no mail server"),
        (("--send-to", "i@h.example", "--smtp", "127.0.0.1:1"), "catch", "was not taken by 127.0.0.1:1"),
        (("--send-to", "i@h.example", "--smtp", "127.0.0.1:99999"), "catch", "is no mail server"),
    ],
)
def test_what_cannot_be_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], mode: str, says: str
) -> None:
    monkeypatch.setenv("NURTURE_MAIL", mode)
    said = desk.type("preview", "checklist", "--files", str(desk.files), *words)
    assert said.code == 1
    assert says in said.err


def test_what_people_do_is_not_mailed(desk: Desk) -> None:
    said = desk.type("preview", "research-call", "--files", str(desk.files), "--send-to", "i@h.example")
    assert said.code == 1
    assert "holds no mail, only what people do" in said.err


SPANS = ["2 business days", "1 business day", "4 business hours", "30 business minutes", "2 days", "90 minutes"]


@pytest.mark.parametrize("words", SPANS)
def test_a_span_is_said_as_it_was_written(words: str) -> None:
    assert due(parse_span(words)) == words


def test_which_mail_server_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotReadyError, match="start nurture up"):
        relay(settings_for(desk.data), None)
    folder = Folder(desk.data.resolve())
    folder.make()
    folder.remember(Run({"smtp": 9925}))
    assert relay(settings_for(desk.data), None) == Relay("127.0.0.1", 9925, is_catcher=True)
    assert relay(settings_for(desk.data), "[::1]:25") == Relay("::1", 25)
    monkeypatch.setenv("NURTURE_SMTP_HOST", "mail.company.example")
    assert relay(settings_for(desk.data), None).is_catcher
    monkeypatch.setenv("NURTURE_MAIL", "pilot")
    assert relay(settings_for(desk.data), None) == Relay("mail.company.example", 8625, is_ours=True)


def test_a_lead_of_the_archive_reads_it_and_nothing_is_counted(open_desk: Desk, tmp_path: Path) -> None:
    lead = open_desk.enrol("ana@site.example")
    edit(open_desk, CHECKLIST, "subject: ", "subject: New words for ")
    before = (open_desk.data / "archive.db").read_bytes()
    words = ("preview", "--files", str(open_desk.files), "--out", str(tmp_path / "o"), "--json", "--lead")
    assert open_desk.type(*words, "ana@site.example").code == 0
    assert (open_desk.data / "archive.db").read_bytes() == before
    page = (tmp_path / f"o/dock-waiting/lead-{lead}.html").read_text(encoding="utf-8")
    assert "<b>A lead of the archive</b>, <bdi>Ana</bdi>" in page
    assert "nothing on this page is sent, stored or counted" in page
    assert 'Next under these files: <a href="#checklist">checklist</a>' in page
    assert "New words for" in page
    assert "ana@site.example" in page
    assert f"dock-waiting/lead-{lead}.html" in (tmp_path / "o/index.html").read_text()
    assert open_desk.type(*words, "nobody@site.example").code == 1


def test_a_lead_on_its_way_is_shown_what_it_had(world: World) -> None:
    id = world.enrol()
    world.live_for(id, days=3)
    with world.archive.reading() as tx:
        facts, _ = load(tx, id, lock=False)
    lead = RealLead(facts, "ana@site.example", {"lead.first_name": "Ana"}, world.clock.now())
    found = readers(shipped_release(), machine_now(), lead)
    reader = found[id_of(lead)]
    track = shipped_release().main_track
    had = reader.had(track.touches["checklist"])
    assert had is not None
    assert had.status == "sent"
    assert reader.had(track.touches["cost-of-waiting"]) is None
    assert (reader.next.touch, reader.is_taken_by(track)) == ("cost-of-waiting", True)


def test_an_erased_lead_and_no_archive(open_desk: Desk, tmp_path: Path) -> None:
    lead = open_desk.enrol("ana@site.example")
    assert open_desk.type("lead", "erase", lead, "--ticket", "T1", "--yes").code == 0
    words = ("preview", "--files", str(open_desk.files), "--out", str(tmp_path / "o"), "--lead", lead)
    assert "has no address any more" in open_desk.type(*words).err
    assert "--lead and --sample both say" in open_desk.type(*words, "--sample", "quiet-alaska").err
    elsewhere = cli.run([*words, "--data", str(tmp_path / "none")])
    assert elsewhere == 1
    assert "there is nothing in" in open_desk.capsys.readouterr().err
