"""Did a person follow this link, or a machine that reads mail before people do? One pure judgement, with reasons.

Only a strong sign decides alone; weak ones decide together, and a single weak one leaves it unknown. Unknown hits
are kept but never counted as interest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Literal

Judgement = Literal["human", "machine", "unknown"]
AT_ONCE = timedelta(seconds=2)
"""Nobody follows two links of one mail within this time."""
TOO_SOON = timedelta(seconds=5)
"""Nobody opens, reads and follows within this time of the sending."""

# Software that fetches links by itself and says so: mail gateways, link previews, libraries, crawlers.
MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|fetch|proofpoint|barracuda|mimecast|safelinks|fireeye|trendmicro|sophos"
    r"|symantec|messagelabs|forcepoint|ironport|cloudmark|zscaler|headlesschrome|phantomjs|googleimageproxy"
    r"|yahoomailproxy|bingpreview|skypeuripreview|facebookexternalhit|slackbot|whatsapp|curl/|wget/|python-|go-http"
    r"|java/|okhttp|libwww|httpclient|apache-http|ruby|postman|urllib|aiohttp|httpx|node-fetch|axios",
    re.IGNORECASE,
)
BROWSER = re.compile(r"mozilla/\d", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    """What is known of one request. `after_sending` is None when the mail's own time is not known."""

    method: str
    agent: str
    after_sending: timedelta | None
    other_links_at_once: int


def judge(hit: Hit) -> tuple[Judgement, tuple[str, ...]]:
    strong = [
        reason
        for reason, is_so in (
            ("method", hit.method not in ("GET", "POST")),
            ("agent", bool(MACHINES.search(hit.agent))),
        )
        if is_so
    ]
    weak = [
        reason
        for reason, is_so in (
            ("many_links_at_once", hit.other_links_at_once > 0),
            ("too_soon", hit.after_sending is not None and hit.after_sending < TOO_SOON),
            ("no_browser", not BROWSER.match(hit.agent)),
        )
        if is_so
    ]
    reasons = (*strong, *weak)
    if strong or len(weak) > 1:
        return "machine", reasons
    return ("unknown" if weak else "human"), reasons


def network_of(host: str | None) -> str:
    """The network an address belongs to (/24, /48): enough to see many hits from one place, too little for a person."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return ""
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
