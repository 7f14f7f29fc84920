"""Which vetted texts await a reviewer, and for which languages caseworkers have machine translation."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from casefile.access import NotFound
from casefile.vocabulary import LANGUAGES
from dashboard.desk import Desk, signed_in

router = APIRouter()


@router.get("/languages")
def page(desk: Desk = Depends(signed_in)) -> Response:
    catalogue, translator = desk.house.catalogue, desk.house.translator
    keys = catalogue.keys()
    rows = []
    for code in catalogue.languages:
        rows.append((LANGUAGES[code], len(catalogue.awaiting(code)), len(keys), translator.available(code, "en"), translator.available("en", code)))
    return desk.show("languages.html", rows=rows)


@router.get("/languages/{code}")
def one(code: str, desk: Desk = Depends(signed_in)) -> Response:
    catalogue = desk.house.catalogue
    if code not in catalogue.languages:
        raise NotFound("no such language")
    texts = [(k, catalogue.text_raw(k, "en"), catalogue.text_raw(k, code), catalogue.reviewed(k, code)) for k in catalogue.keys()]
    return desk.show("language.html", language_row=LANGUAGES[code], texts=texts, provenance=catalogue.provenance.get(code, ""))
