"""Approved WhatsApp templates: which ContentSid stands for which vetted text in which language. Read from the operator's JSON file.

    {"checkin.ask.plain": {"sq": "HX...", "ro": "HX..."}}
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from messaging.catalogue import Catalogue

_SID = re.compile(r"HX[0-9a-fA-F]{32}")


class TemplatesWrong(ValueError):
    """The file of templates is broken; the message says where."""


class Templates:
    """Look-up of approved templates; an empty one has none."""

    def __init__(self, by_key: dict[str, dict[str, str]]):
        for key, languages in by_key.items():
            for language, sid in languages.items():
                if not _SID.fullmatch(str(sid)):
                    raise TemplatesWrong(f"{key} in {language} is not a ContentSid (HX and 32 digits)")
        self._by_key = by_key

    @classmethod
    def load(cls, path: str, catalogue: Catalogue) -> Templates:
        """Read the file; no path = no templates. Raises TemplatesWrong, also for a text or language that is not ours: it would never be used."""
        if not path:
            return cls({})
        try:
            data = json.loads(Path(path).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise TemplatesWrong(f"the file of WhatsApp templates cannot be read: {type(error).__name__}") from None
        if not isinstance(data, dict) or not all(isinstance(v, dict) for v in data.values()):
            raise TemplatesWrong("the file of WhatsApp templates must map each text's key to languages and ContentSids")
        strange = [f"there is no text {key}" for key in data if key not in catalogue.keys()]
        strange += [f"{key} has {code}, which is none of our languages" for key in data for code in data[key] if code not in catalogue.languages]
        if strange:
            raise TemplatesWrong(f"the file of WhatsApp templates: {'; '.join(strange)}")
        return cls(data)

    def find(self, key: str | None, language: str | None) -> str | None:
        """The approved template of a text; None when there is none."""
        return self._by_key.get(key or "", {}).get(language or "")
