"""Hours that are told in words ("at eight", "las ocho"): no digits, so no list of forms with a number reads them. Chinese ones are made digits; of all
others only that an hour was named is known, so that none is guessed. Pure. Drafted by a language model, needs native review.

A line: words before | words for numbers | words after; one of each in this order, whatever is left empty is not needed. * as in phrases/.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product

from triage.normalise import words
from triage.phrases import fits

_EN = "one two three four five six seven eight nine ten eleven twelve"
_ES = "dos tres cuatro cinco seis siete ocho nueve diez once doce"
_HOURS = {
    "en": [f"at by around till until past|{_EN}|", f"|{_EN}|oclock", f"|{_EN}|o'clock"],
    "sq": ["ora orën oren nora në|një dy tre katër pesë gjashtë shtatë tetë nëntë dhjetë njëmbëdhjetë dymbëdhjetë|"],
    "vi": ["|một hai ba bốn tư năm sáu tám chín mười|giờ", "|hai ba bốn năm sáu bảy tám chín mười|rưỡi", "lúc|bảy|giờ"],
    "ro": ["la ora orele|unu două trei patru cinci șase șapte opt nouă zece unsprezece doisprezece|"],
    "ar": ["|الساعة عالساعة بالساعة للساعة|", "el al|sa3a|"],
    "ti": ["ሰዓት ብሰዓት|ሓደ ክልተ ሰለስተ ኣርባዕተ ሓሙሽተ ሽዱሽተ ሸውዓተ ሸሞንተ ትሽዓተ ዓሰርተ|"],
    "am": ["|አንድ ሁለት ሶስት አራት አምስት ስድስት ሰባት ስምንት ዘጠኝ አስር በአንድ በሁለት በሶስት በአራት በአምስት በስድስት በሰባት በስምንት በዘጠኝ በአስር|ሰዓት"],
    "so": ["|kowda labada saddexda afarta shanta lixda toddobada siddeedda sideedda sagaalka tobanka|"],
    "fa": ["ساعت|یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده|", "saat saate|yek do se chahar panj shesh haft hasht noh dah|", "|بجه بجی baja|"],
    "ur": ["|بجے baje bajay bje|"],
    "hi": ["|बजे baje bje|"],
    "bn": ["|দুটা* দুইটা* দুটো* তিনটা* চারটা* পাঁচটা* ছয়টা* ছটা* সাতটা* আটটা* নয়টা* দশটা* এগারোটা* বারোটা*|"],
    "pl": ["o na koło około po do od przed|pierwszej drugiej trzeciej czwartej piątej szóstej siódmej ósmej dziewiątej dziesiątej jedenastej dwunastej|",
           "na|pierwszą drugą trzecią czwartą piątą szóstą siódmą ósmą dziewiątą dziesiątą jedenastą dwunastą|", "wpół pół|do|"],
    "bg": ["в във към|един два три четири пет шест седем осем девет десет единайсет единадесет дванайсет дванадесет|",
           "|два три четири пет шест седем осем девет десет|вечерта", "|пет шест седем осем девет десет|сутринта", "v vav kum|dve dva tri chetiri pet shest sedem osem devet deset|"],
    "hu": ["|egykor kettőkor háromkor négykor ötkor hatkor hétkor nyolc* kilenc* tízkor tízre tizen* négyre ötre hatra|", "fél|kettő három négy öt hat hét tíz|"],
    "lt": ["|ketvirtą penktą šeštą septintą aštuntą devintą dešimtą vienuoliktą dvyliktą|", "|pirmą antrą trečią|valandą",
           "po iki nuo apie pusę pusė|penkių šešių septynių aštuonių devynių dešimtos dešimties|"],
    "pt": ["às das pelas|duas três quatro cinco seis sete oito nove dez onze doze|", "à|uma|da"],
    "es": [f"las|{_ES}|", "a|la|una", f"alas|{_ES}|"],
    "fr": ["à vers|deux trois quatre cinq six sept huit neuf dix onze|", "à|une|heure"],
    "tr": ["saat|bir iki üç dört beş altı yedi sekiz dokuz on onbir oniki|", "|ikide üçte dörtte beşte altıda yedide sekizde dokuzda onbirde onikide buçukta|",
           "|iki üç dört beş altı yedi sekiz dokuz on|buçuk", "on|birde ikide|"],
    "uk": ["о об в у на|першій другій третій четвертій п'ятій шостій сьомій восьмій дев'ятій десятій одинадцятій дванадцятій|",
           "після до|першої другої третьої четвертої п'ятої шостої сьомої восьмої дев'ятої десятої одинадцятої дванадцятої|",
           "в|два дві три чотири п'ять шість сім вісім дев'ять десять|", "пів|на по до|"],
    "ru": ["в|час два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать половине половину|", "к|двум трем четырем пяти шести семи восьми девяти десяти|",
           "после до около|двух трех четырех пяти шести семи восьми девяти десяти|", "|два три четыре пять шесть семь восемь девять десять|вечера утра дня ночи",
           "|полпервого полвторого полтретьего полчетвертого полпятого полшестого полседьмого полвосьмого полдевятого полдесятого полодиннадцатого полдвенадцатого|"],
    "tl": ["|alas alasuna alasdos alasotso otso nuwebe alasdiyes dyes onse dose singko sais siyete kuwatro|", "ala|una|"],
    # What with_digits leaves: "two or three o'clock", "what o'clock", "Tuesday at eleven".
    "zh": ["|两 兩 二 三 四 五 六 七 八 九 十 几 幾|点 點", "十|一|点 點"],
}
_ZH = {"两": 2, "兩": 2, **{sign: value for value, sign in enumerate("一二三四五六七八九", 1)}}
_SIGNS = "".join(_ZH)
_NOT_ONE = _SIGNS.replace("一", "")
# One o'clock is also "a little": an hour only after 午 (noon) or with more of an hour behind it. 周二十点 is Tuesday at ten, not 20:00: for a person.
_ZH_HOUR = re.compile(f"(?<![{_SIGNS}十])(?:(?:(?<![周週期拜])二)?十[{_SIGNS}]?|[{_NOT_ONE}]|(?<=午)一(?![点點][都也儿兒点點])|一(?=[点點](?:半|钟|鐘|鍾|整|三十)))(?=[点點])")
_ZH_MINUTES = re.compile(f"(?<=[0-9][点點])[{_SIGNS}十]+")


def with_digits(text: str) -> str:
    """The text with Chinese hours, and minutes behind them, in digits."""
    return _ZH_MINUTES.sub(_digits, _ZH_HOUR.sub(_digits, text))


def _digits(found: re.Match[str]) -> str:
    tens, ten, ones = found[0].rpartition("十")
    return str((10 * _ZH.get(tens, 1) if ten else 0) + _ZH.get(ones, 0))


@cache
def _forms(lang: str) -> frozenset[tuple[str, ...]]:
    found = set()
    for line in _HOURS.get(lang, ()):
        for chosen in product(*(part.split() or [""] for part in line.split("|"))):
            found.add(tuple(word + "*" * part.endswith("*") for part in chosen for word in words(part)))
    return frozenset(found)


def named(clause: tuple[str, ...], languages: tuple[str, ...]) -> bool:
    """Whether these words name an hour in words."""
    return any(all(map(fits, form, clause[at:])) for lang in languages for form in _forms(lang) for at in range(len(clause) - len(form) + 1))
