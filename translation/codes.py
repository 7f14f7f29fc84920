"""Language codes: ours (BCP 47, lower case) and those that Argos packages carry."""

from __future__ import annotations

_OTHER_NAMES = {
    "zh": ("zh",), "zh-hans": ("zh",), "zh-cn": ("zh",), "zh-sg": ("zh",),
    "zh-hant": ("zt",), "zh-tw": ("zt",), "zh-hk": ("zt",), "zh-mo": ("zt",), "zt": ("zt",),
    "pt": ("pt", "pb"), "pt-pt": ("pt", "pb"), "pt-br": ("pb", "pt"), "pb": ("pb", "pt"),
    "tl": ("tl", "fil"), "fil": ("tl", "fil"),
    "prs": ("fa",),  # Dari: Argos has Persian only, which Dari readers can read
}
WITHOUT_SPACES = frozenset({"zh", "zt", "ja", "th"})


def argos_codes(language: str) -> tuple[str, ...]:
    """The codes a package for this language may carry, best first. A region Argos does not know is dropped (es-mx: es)."""
    code = language.strip().lower().replace("_", "-")
    return _OTHER_NAMES.get(code) or _OTHER_NAMES.get(code.split("-")[0]) or (code.split("-")[0],)
