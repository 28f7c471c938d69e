"""Column names that need no mapping: ours, and those of HubSpot and Salesforce exports."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from authoring.mapping import Flag, ImportMapping, Rule, Template
from domain.definition import FieldDef
from domain.errors import InvalidError

# What a column is called, without case, spaces and signs -> what it is. HubSpot: labels of the contact export, and
# internal names (developers.hubspot.com, contact properties). Salesforce: labels of reports (help.salesforce.com, field
# mapping for importing leads), and field names of the data loader (developer.salesforce.com, Lead and Contact).
FIELDS = {
    "firstname": "lead.first_name",
    "lastname": "lead.last_name",
    "phone": "lead.phone",
    "phonenumber": "lead.phone",
    "mobilephonenumber": "lead.phone",
    "mobilephone": "lead.phone",
    "mobile": "lead.phone",
    "jobtitle": "lead.title",
    "title": "lead.title",
    "preferredlanguage": "lead.language",
    "hslanguage": "lead.language",
    "hstimezone": "lead.time_zone",
    "timezone": "lead.time_zone",
    "company": "company.name",
    "companyname": "company.name",
    "companyaccount": "company.name",
    "accountname": "company.name",
    "associatedcompany": "company.name",
    "companydomainname": "company.domain",
    "website": "company.domain",
    "websiteurl": "company.domain",
    "industry": "company.industry",
    "country": "lead.country",
    "countryregion": "lead.country",
    "countryregioncode": "lead.country",
    "countrycode": "lead.country",
    "mailingcountry": "lead.country",
    "mailingcountrycode": "lead.country",
    "originalsource": "inquiry.source",
    "originaltrafficsource": "inquiry.source",
    "hsanalyticssource": "inquiry.source",
    "leadsource": "inquiry.source",
}
EMAIL = ("email", "emailaddress", "leademail", "mail", "workemail")
EXTERNAL_ID = {
    "recordid": "hubspot",
    "recordidcontact": "hubspot",
    "hsobjectid": "hubspot",
    "leadid": "salesforce",
    "contactid": "salesforce",
    "id": "salesforce",
}
OPTED_OUT = (
    "unsubscribedfromallemail",
    "optedoutofemail",
    "emailoptout",
    "hasoptedoutofemail",
    "optedout",
    "hasoptedout",
    "donotemail",
    "unsubscribed",
    "hsemailoptout",
)
DO_NOT_CALL = ("donotcall", "isdonotcall")
BOUNCED = ("isemailbounced", "emailbounced", "bounced", "invalidemailaddress", "hsemailbadaddress")

FLAGS = (
    ("opted_out", OPTED_OUT, "are opt-outs"),
    ("do_not_call", DO_NOT_CALL, "say who wants no call"),
    ("bounced", BOUNCED, "say whose address bounces"),
)


def squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def guess(header: Sequence[str], fields: Mapping[str, FieldDef]) -> ImportMapping:
    """The mapping that the column names suggest. Raises InvalidError when no column holds addresses, or when two
    claim to be the opt-out: that one is never left to luck."""
    return completed(ImportMapping(recognise=True), header, fields)


def completed(written: ImportMapping, header: Sequence[str], fields: Mapping[str, FieldDef]) -> ImportMapping:
    """What is written, and for all it does not speak of what the other columns' names suggest. Raises as `guess`."""
    spoken_for = {name for _, text in written.written() for name in Template.of(text).columns} | set(written.ignore)
    columns: dict[str, list[str]] = {}
    for name in header:
        if name and name not in spoken_for:
            columns.setdefault(squeezed(name), []).append(name)
    found: dict[str, object] = {"recognise": False, "ignore": [], "fields": _fields(written, columns, fields)}
    if not written.email:
        found["email"] = _only(columns, EMAIL, "hold mail addresses")
        if found["email"] is None:
            raise InvalidError(
                f"no column is called Email among {', '.join(header)[:300]}; say where the addresses stand: --map asks,"
                " --mapping names a file",
                "email",
            )
    for flag, names, what in FLAGS:
        column = None if getattr(written, flag) else _only(columns, names, what)
        if column:
            found[flag] = Flag(column=column)
    external: str | None = next((columns[name][0] for name in EXTERNAL_ID if len(columns.get(name, ())) == 1), None)
    if external and not written.external_id:
        found["external_id"] = external
        if "source" not in written.model_fields_set:
            found["source"] = EXTERNAL_ID[squeezed(external)]
    return written.model_copy(update=found)


def _fields(
    written: ImportMapping, columns: Mapping[str, Sequence[str]], fields: Mapping[str, FieldDef]
) -> dict[str, Rule]:
    known, rules = own_names(fields), dict[str, Rule](written.fields)
    labels = {squeezed(one.say): name for name, one in fields.items() if one.say}
    for short, (name, *others) in columns.items():
        field = known.get(short) or FIELDS.get(short) or labels.get(short)
        if field and field in fields and field not in {**rules, **written.constants} and not others:
            rules[field] = Rule(column=name)
    return rules


def own_names(fields: Mapping[str, FieldDef]) -> dict[str, str]:
    """Ours in full, and their last word where only one field has it."""
    found = {squeezed(name): name for name in fields}
    last = [squeezed(name.partition(".")[2]) for name in fields]
    return {s: n for s, n in zip(last, fields, strict=True) if last.count(s) == 1} | found


def _only(columns: Mapping[str, Sequence[str]], names: Sequence[str], what: str) -> str | None:
    found = [column for name in names for column in columns.get(name, ())]
    if len(found) > 1:
        raise InvalidError(
            f"{' and '.join(found)} both {what}; say which one counts: --map asks, --mapping names a file"
        )
    return found[0] if found else None
