"""What every mail must say at its end, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Footer:
    """`why` names the company as {company}."""

    why: str
    unsubscribe: str


FOOTERS = {
    "en": Footer("You get this mail because you were in touch with {company}.", "Unsubscribe"),
    "de": Footer("Sie bekommen diese Mail, weil Sie mit {company} in Kontakt waren.", "Abmelden"),
    "fr": Footer("Vous recevez ce message car vous avez été en contact avec {company}.", "Se désabonner"),
    "es": Footer("Recibe este correo porque estuvo en contacto con {company}.", "Darse de baja"),
    "it": Footer("Riceve questa mail perché è stato in contatto con {company}.", "Annulla l'iscrizione"),
    "nl": Footer("U krijgt deze mail omdat u contact had met {company}.", "Afmelden"),
    "pt": Footer("Recebe este e-mail porque esteve em contacto com {company}.", "Cancelar a subscrição"),
}
FALL_BACK = "en"


def footer(language: str) -> Footer:
    """Of `de-at`: German. Of a language that is not in the table: English."""
    return FOOTERS.get(language.partition("-")[0], FOOTERS[FALL_BACK])
