"""What a signature signs: the definition, and of each track its campaign form (docs/rules.md, signatures).

Hashes are taken of what is written, not of the models, so a new default of ours asks nobody to sign again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from authoring.documents import Data

DEFINITION = "definition"
NOT_SIGNED = frozenset({"examples", "review"})
CAMPAIGN_FORM = ("goal", "message", "audience", "budget", "enrol", "sender")


def track_subject(track_id: str) -> str:
    return f"track:{track_id}"


def form_hashes(definition: Data, tracks: Mapping[str, Data]) -> dict[str, str]:
    """Subject to SHA-256, from the parsed sales-ready.yaml and the parsed track.yaml of each track id."""
    written = definition if isinstance(definition, dict) else {}
    signed = {key: value for key, value in written.items() if key not in NOT_SIGNED}
    if isinstance(rules := signed.get("ready_when"), dict):
        # Their order counts: the first that holds is the reason sales reads.
        signed["ready_when"] = [[name, rule] for name, rule in rules.items()]
    hashes = {DEFINITION: _hash(signed)}
    for track_id, data in sorted(tracks.items()):
        form = data if isinstance(data, dict) else {}
        hashes[track_subject(track_id)] = _hash({key: form[key] for key in CAMPAIGN_FORM if key in form})
    return hashes


def _hash(data: dict[str, Data]) -> str:
    canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
