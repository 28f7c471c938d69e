"""A few counters for operators, by route and kind - never by lead."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest


class Metrics:
    """One registry per app, so that two apps in one process do not share figures."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "nurture_http_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self.seconds = Histogram("nurture_http_seconds", "Time to answer", ["route"], registry=self._registry)
        self.hits = Counter(
            "nurture_link_hits", "Requests for links in mails", ["kind", "verdict"], registry=self._registry
        )
        self.enrolments = Counter("nurture_enrolments", "Leads enrolled", ["known"], registry=self._registry)

    def text(self) -> bytes:
        return generate_latest(self._registry)
