from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from datetime import timedelta

import pytest

from mail.errors import MailConfigError
from mail.messages import build
from mail.pool import Outcome, SmtpPool
from tests.unit.mail.sinks import Sink, greeting, hang_up, listening
from tests.unit.mail.test_messages import ENVELOPE, WORDS

MAIL = b"Subject: hello\r\n\r\n.dots stay\r\n"
BOB = "bob.marsh@site.example"
FROM = "b+0123@mail.example"
JURGEN = "jürgen@x.example"
ENOUGH, SHORT = timedelta(seconds=20), timedelta(milliseconds=300)


async def send_one(port: int, to: str = BOB, timeout: timedelta = ENOUGH) -> Outcome:
    pool = SmtpPool("127.0.0.1", port, size=2, timeout=timeout)
    try:
        return await pool.send(FROM, to, MAIL)
    finally:
        await pool.close()


async def test_the_bytes_arrive_as_they_were_given() -> None:
    sink = Sink()
    async with listening(sink) as port:
        outcome = await send_one(port)
    assert (outcome.status, outcome.code) == ("sent", "2.0.0")
    assert sink.received == [(FROM, BOB, MAIL)]


async def test_one_connection_carries_many_mails() -> None:
    sink = Sink()
    async with listening(sink) as port:
        pool = SmtpPool("127.0.0.1", port, size=4)
        statuses = [(await pool.send(FROM, BOB, MAIL)).status for _ in range(20)]
        await pool.close()
    assert statuses == ["sent"] * 20
    assert len(sink.connections) == 1


async def test_never_more_connections_than_its_size_and_nobody_is_left_out() -> None:
    sink = Sink(hang_s=0.005)
    async with listening(sink) as port:
        pool = SmtpPool("127.0.0.1", port, size=3)
        outcomes = await asyncio.gather(*(pool.send(FROM, f"p{n}@x.example", MAIL) for n in range(30)))
        await pool.close()
    assert {one.status for one in outcomes} == {"sent"}
    assert sorted(to for _, to, _ in sink.received) == sorted(f"p{n}@x.example" for n in range(30))
    assert len(sink.connections) == sink.most_talking == 3


async def test_who_waits_too_long_for_a_connection_is_deferred() -> None:
    sink = Sink(hang_s=0.5)
    async with listening(sink) as port:
        pool = SmtpPool("127.0.0.1", port, size=1, timeout=timedelta(seconds=2))
        outcomes = await asyncio.gather(*(pool.send(FROM, BOB, MAIL) for _ in range(12)))
        await pool.close()
    codes = [one.code for one in outcomes]
    assert set(codes) == {"2.0.0", "busy"}
    assert codes.count("2.0.0") == len(sink.received)


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ("550 5.1.1 <bob.marsh@site.example>: no such user", "failed", "5.1.1"),
        ("550 user bob.marsh unknown (bob.marsh%40site.example)", "failed", "550"),
        ("452 4.2.2 mailbox of BOB.MARSH@site.example is full", "deferred", "4.2.2"),
        ("451 4.7.1 Greylisted, see bob.marsh@site.example", "deferred", "4.7.1"),
        ("421 4.3.2 going down", "deferred", "4.3.2"),
        ("550 4.2.2 a code of the other kind", "failed", "550"),
    ],
)
async def test_a_refused_recipient(answer: str, status: str, code: str) -> None:
    sink = Sink(at_rcpt=lambda _: answer)
    async with listening(sink) as port:
        outcome = await send_one(port)
    assert (outcome.status, outcome.code) == (status, code)
    assert "bob" not in outcome.detail.lower()
    assert "site.example" not in outcome.detail
    assert sink.received == []


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ("554 5.7.1 spam", "failed", "5.7.1"),
        ("451 4.3.0 disk", "deferred", "4.3.0"),
        ("250 fine", "sent", "250"),
    ],
)
async def test_the_answer_to_the_data_counts(answer: str, status: str, code: str) -> None:
    async with listening(Sink(at_data=lambda _: answer)) as port:
        outcome = await send_one(port)
    assert (outcome.status, outcome.code) == (status, code)


async def test_a_refused_sender() -> None:
    async with listening(Sink(at_mail="550 5.7.1 b+0123@mail.example may not send")) as port:
        outcome = await send_one(port)
    assert (outcome.status, outcome.code) == ("failed", "5.7.1")
    assert "@" not in outcome.detail


async def test_a_refusal_leaves_the_connection_fit_for_the_next_mail() -> None:
    sink = Sink(at_rcpt=lambda envelope: "550 5.1.1 no" if "bad" in envelope.rcpt_tos[-1] else "250 OK")
    async with listening(sink) as port:
        pool = SmtpPool("127.0.0.1", port, size=1)
        statuses = [(await pool.send(FROM, to, MAIL)).status for to in ("bad@x.example", BOB, "bad@x.example", BOB)]
        await pool.close()
    assert statuses == ["failed", "sent", "failed", "sent"]
    assert len(sink.connections) == 1


async def test_silence_after_data_is_uncertain_and_the_connection_is_not_used_again() -> None:
    sink = Sink(hang_s=1.4)
    async with listening(sink) as port:
        pool = SmtpPool("127.0.0.1", port, size=1, timeout=timedelta(seconds=1))
        silent = await pool.send(FROM, BOB, MAIL)
        sink.hang_s = 0.0
        fine = await pool.send(FROM, BOB, MAIL)
        await asyncio.sleep(0.6)  # the late 250 of the first must not be taken for anything
        again = await pool.send(FROM, BOB, MAIL)
        await pool.close()
    assert (silent.status, silent.code) == ("uncertain", "timeout")
    assert (fine.status, again.status) == ("sent", "sent")
    assert len(sink.connections) == 2


async def test_a_connection_lost_after_data_is_uncertain() -> None:
    sink = Sink(is_hanging_up=True)
    async with listening(sink) as port:
        outcome = await send_one(port)
    assert (outcome.status, outcome.code) == ("uncertain", "lost")
    assert len(sink.received) == 1


async def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outcome = await send_one(port)
    assert (outcome.status, outcome.code) == ("deferred", "connect")


@pytest.mark.parametrize(
    ("line", "is_hanging_up", "code"),
    [
        (b"554 5.3.2 no service\r\n", True, "5.3.2"),
        (b"421 4.7.0 too many connections\r\n", True, "4.7.0"),
        (b"", True, "connect"),
        (b"", False, "timeout"),
        (b"220 hello\r\n", True, "lost"),
        (b"220 hello\r\n", False, "timeout"),
        (b"HTTP/1.1 200 OK\r\n", True, "connect"),
    ],
)
async def test_a_server_that_does_not_even_listen_says_nothing_about_the_lead(
    line: bytes, is_hanging_up: bool, code: str
) -> None:
    async with greeting(line, is_hanging_up=is_hanging_up) as port:
        outcome = await send_one(port, timeout=SHORT if code == "timeout" else ENOUGH)
    assert (outcome.status, outcome.code) == ("deferred", code)


async def test_an_idle_connection_that_the_server_dropped_is_replaced() -> None:
    sink = Sink()
    async with listening(sink) as port:
        pool = SmtpPool("127.0.0.1", port, size=1)
        await pool.send(FROM, BOB, MAIL)
        hang_up(sink.connections[0])
        outcome = await pool.send(FROM, BOB, MAIL)
        await pool.close()
    assert outcome.status == "sent"
    assert len(sink.connections) == 2


async def test_a_server_that_wants_a_new_connection_gets_one() -> None:
    sink = Sink()
    async with listening(sink) as port:
        pool = SmtpPool("127.0.0.1", port, size=1)
        await pool.send(FROM, BOB, MAIL)
        sink.at_mail = "421 4.7.0 enough for one connection"
        both_refused = await pool.send(FROM, BOB, MAIL)
        await pool.close()
    assert (both_refused.status, both_refused.code) == ("deferred", "4.7.0")
    assert len(sink.connections) == 2


UNWRITABLE = (
    "",
    "nobody",
    "a@b@c",
    "jür gen@x.example",
    "jü\u2028@x.example",
    "ü" * 33 + "@x.example",
    "a b@x.example",
    "a@x.example\r\nRSET",
    "@x",
)


@pytest.mark.parametrize("to", UNWRITABLE)
async def test_an_address_that_cannot_be_written_fails_before_the_wire(to: str) -> None:
    sink = Sink()
    async with listening(sink) as port:
        outcome = await send_one(port, to)
    assert (outcome.status, outcome.code) == ("failed", "5.1.3")
    assert sink.connections == []


async def test_an_address_beyond_ascii_goes_to_a_server_that_takes_it() -> None:
    sink, raw = Sink(), build(replace(ENVELOPE, to_address=JURGEN), WORDS)
    async with listening(sink) as port:
        pool = SmtpPool("127.0.0.1", port, size=1)
        outcomes = [await pool.send(FROM, to, raw if to == JURGEN else MAIL) for to in (JURGEN, BOB, JURGEN)]
        await pool.close()
    assert [outcome.status for outcome in outcomes] == ["sent"] * 3
    assert [(to, content) for _, to, content in sink.received] == [(JURGEN, raw), (BOB, MAIL), (JURGEN, raw)]
    assert len(sink.connections) == 1


async def test_a_server_that_takes_none_is_said_and_used_on() -> None:
    sink = Sink(offers_utf8=False)
    async with listening(sink) as port:
        pool = SmtpPool("127.0.0.1", port, size=1)
        outcomes = [await pool.send(FROM, to, MAIL) for to in (JURGEN, BOB)]
        await pool.close()
    assert [(one.status, one.code) for one in outcomes] == [("failed", "5.6.7"), ("sent", "2.0.0")]
    assert "SMTPUTF8" in outcomes[0].detail
    assert "jürgen" not in outcomes[0].detail
    assert len(sink.connections) == 1


# the sink's library warns of its own ways whenever somebody logs in
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.filterwarnings("ignore:Session.login_data is deprecated:DeprecationWarning")
async def test_credentials() -> None:
    sink = Sink()
    async with listening(sink, password=b"right") as port:
        right = SmtpPool("127.0.0.1", port, username="nurture", password="right")
        wrong = SmtpPool("127.0.0.1", port, username="nurture", password="wrong")
        none = SmtpPool("127.0.0.1", port)
        assert (await right.send(FROM, BOB, MAIL)).status == "sent"
        for pool in (wrong, none):
            with pytest.raises(MailConfigError, match="settings") as raised:
                await pool.send(FROM, BOB, MAIL)
            assert raised.value.__cause__ is None
        for pool in (right, wrong, none):
            await pool.close()


async def test_a_login_or_tls_that_the_server_does_not_offer() -> None:
    async with listening(Sink()) as port:
        for pool in (
            SmtpPool("127.0.0.1", port, username="nurture", password="x"),
            SmtpPool("127.0.0.1", port, start_tls=True),
        ):
            with pytest.raises(MailConfigError, match="does not offer"):
                await pool.send(FROM, BOB, MAIL)
            await pool.close()


async def test_a_cancelled_send_gives_its_place_back() -> None:
    sink = Sink(hang_s=5)
    async with listening(sink) as port:
        pool = SmtpPool("127.0.0.1", port, size=1)
        task = asyncio.create_task(pool.send(FROM, BOB, MAIL))
        await asyncio.wait_for(sink.is_asked.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        sink.hang_s = 0.0
        assert (await pool.send(FROM, BOB, MAIL)).status == "sent"
        await pool.close()
    assert len(sink.connections) == 2
