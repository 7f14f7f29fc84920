"""Reading TwiML: the document as a list of verbs. Pure."""

from dataclasses import dataclass, field
from xml.etree import ElementTree

_NESTED = frozenset({"Say", "Play", "Pause"})


class TwimlError(ValueError):
    """A document Twilio cannot run: 12100 broken XML or no <Response>, 12200 a misplaced verb."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"TwiML error {code}")


@dataclass(frozen=True, slots=True)
class Verb:
    """One element. text is trimmed; attribute names are as written."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: tuple["Verb", ...] = field(default=())

    def number(self, attribute: str, default: float) -> float:
        """A numeric attribute, or the default when it is absent or no number."""
        try:
            return float(self.attributes.get(attribute, default))
        except ValueError:
            return default

    def flag(self, attribute: str) -> bool:
        """A true/false attribute, false when absent."""
        return self.attributes.get(attribute, "").lower() == "true"


def parse(document: str) -> list[Verb]:
    """The verbs in order. An empty document is an empty <Response/>. Raises TwimlError."""
    if not document.strip():
        return []
    if "<!DOCTYPE" in document or "<!ENTITY" in document:
        raise TwimlError(12100)
    try:
        root = ElementTree.fromstring(document.encode())
    except ElementTree.ParseError:
        raise TwimlError(12100) from None
    if root.tag != "Response":
        raise TwimlError(12100)
    return [_verb(element) for element in root]


def _verb(element: ElementTree.Element) -> Verb:
    children = tuple(_verb(child) for child in element) if element.tag == "Gather" else ()
    if any(child.name not in _NESTED for child in children):
        raise TwimlError(12200)
    return Verb(element.tag, dict(element.attrib), "".join(element.itertext()).strip(), children)
