"""What people commonly text and readers found unheard, or heard as what it is not: the lists alone, in the languages of our first people."""

from __future__ import annotations

import datetime as dt

import pytest

from casefile.vocabulary import Urgency
from triage import asks
from triage.phrases import PhraseBook
from triage.wishes import WishBook


@pytest.fixture(scope="module")
def book() -> PhraseBook:
    return PhraseBook.load()


@pytest.fixture(scope="module")
def wishes() -> WishBook:
    return WishBook.load()


@pytest.mark.parametrize(("lang", "alarming", "twin"), [
    ("en", "he is outside", "he is outside playing with the kids"), ("en", "please call the police", "please call the police station about my lost card"),
    ("sq", "ai më rreh", "ai nuk më rreh"), ("vi", "hắn ở đây", "hắn ở đây hồi năm ngoái"), ("ro", "m-a bătut", "nu m-a bătut"), ("ar", "هو على الباب", "ساعي البريد هو على الباب"),
    ("ti", "ንሱ ኣብዚ ኣሎ", "ንሱ ኣብዚ ኣሎ ኢለ ሓሲበ ነይረ"), ("am", "ባሌ ይመታኛል", "ባሌ ይመታኛል ብዬ እፈራ ነበር"), ("am", "መሞት እፈልጋለው", "መኖር እፈልጋለው"),
    ("so", "khatar ayaan ku jiraa", "khatar ma ku jiro"), ("fa", "شوهرم مرا لت میکند", "شوهرم مرا لت نمیکند"), ("ur", "پولیس کو بلائیں", "پولیس کو بلانے کی ضرورت نہیں"),
    ("hi", "मेरा पति मुझे मारता है", "मेरा पति मुझे नहीं मारता है"), ("bn", "সে আমাকে মারে", "সে আমাকে মারে না"),
])
def test_a_common_danger_is_heard_and_its_harmless_twin_is_not(book: PhraseBook, lang: str, alarming: str, twin: str) -> None:
    assert book.hear(alarming, {lang}).urgency.escalates
    assert book.hear(twin, {lang}).urgency is Urgency.NONE


@pytest.mark.parametrize(("lang", "harmless", "twin"), [
    ("en", "my mum took my kids to the park", "he took my kids to his country"), ("en", "took my baby to the doctor, all fine", "they took my baby from the doctor"),
    ("en", "nobody touched my daughter", "he touched my daughter"), ("en", "i dont need ambulance", "i need ambulance"), ("en", "no pain in my chest anymore", "pain in my chest"),
    ("en", "i took all my tablets today like doctor said", "i took all my tablets today"), ("en", "this is my last message today, going to sleep", "this is my last message"),
    ("en", "the home office still has my passport", "he still has my passport"), ("en", "my solicitor has my documents", "my boss has my documents"),
    ("ro", "nu m-a amenințat nimeni", "m-a amenințat"), ("ar", "لا احد يضربني", "هو يضربني"), ("ar", "ما ضربني", "هربت بعد ما ضربني"), ("ar", "لا احد يلاحقني", "حدا يلاحقني"),
])
def test_what_calms_does_not_hide_its_dangerous_twin(book: PhraseBook, lang: str, harmless: str, twin: str) -> None:
    assert book.hear(harmless, {lang}).urgency is Urgency.NONE
    assert book.hear(twin, {lang}).urgency.escalates


@pytest.mark.parametrize(("lang", "text"), [("hi", "रुकिए"), ("ur", "رک جائیں"), ("ur", "ruk jayen"), ("fa", "صبر کنین"), ("ar", "istanno")])
def test_wait_is_no_stop_and_no_pause(book: PhraseBook, lang: str, text: str) -> None:
    assert book.hear(text, {lang}).keywords == {"later"}


@pytest.mark.parametrize(("lang", "text"), [("hi", "बस"), ("hi", "bas"), ("am", "በቃ"), ("bn", "আর না")])
def test_a_word_that_only_may_mean_enough_ends_nothing(book: PhraseBook, lang: str, text: str) -> None:
    assert not book.hear(text, {lang}).keywords


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "My phone got stolen"), ("sq", "kam humbur telefonin"), ("vi", "em bị mất điện thoại rồi"), ("ro", "am pierdut telefonul"), ("ar", "سرقوا موبايلي"), ("ti", "ስልከይ ጠፊኡኒ"),
    ("am", "ስልኬ ጠፋብኝ"), ("so", "telefoonka ayaa iga lumay"), ("fa", "گوشیمو گم کردم"), ("ur", "mera phone kho gaya"), ("hi", "मेरा मोबाइल खो गया"), ("bn", "amar phone hariye gese"),
])
def test_a_lost_phone_is_heard_as_people_say_it(wishes: WishBook, lang: str, text: str) -> None:
    wish = wishes.hear(text, (lang,))
    assert wish is not None and wish.act == "phone_lost"


@pytest.mark.parametrize(("lang", "text"), [("zh", "我换号码了"), ("ar", "هذا رقمي الجديد"), ("en", "she lost her phone"), ("en", "i lost my phone last year")])
def test_a_new_number_and_another_phone_stop_nothing(wishes: WishBook, lang: str, text: str) -> None:
    """Her first words from the new number we agreed with her are of that kind."""
    assert wishes.hear(text, (lang,)) is None


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "I am 16 yrs"), ("en", "my name is Arta and I am 16 years old"), ("sq", "jam 16 vjeçare"), ("vi", "em mới 16"), ("ro", "nu am 18 ani"), ("ar", "عندي ١٦ سنة"), ("ti", "ዕድመይ 16 እዩ"),
    ("am", "16 ዓመቴ ነው"), ("so", "16 sano ayaan jiraa"), ("fa", "من ۱۶ سالمه"), ("ur", "main 17 saal ki hun"), ("hi", "main 17 saal ki hu"), ("ru", "мне всего 15 лет"), ("hu", "16 éves vagyok"),
])
def test_who_is_under_18_is_heard(wishes: WishBook, lang: str, text: str) -> None:
    wish = wishes.hear(text, (lang,))
    assert wish is not None and wish.act == "under_age"


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "he took me when i am 16 years old"), ("en", "when i came here i am 17 years old"), ("ru", "это было когда мне 14 лет"), ("hu", "amikor 14 éves vagyok elvitt"),
])
def test_an_age_of_the_past_is_not_hers(wishes: WishBook, lang: str, text: str) -> None:
    assert wishes.hear(text, (lang,)) is None


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "Better today, thanks"), ("en", "today is better"), ("en", "better since monday"), ("es", "hoy mejor"), ("pt", "melhor hoje"), ("ro", "azi e mai bine"), ("sq", "më mirë sot"),
    ("pl", "lepiej dzisiaj"), ("bg", "по-добре днес"), ("ru", "лучше сегодня"), ("lt", "geriau šiandien"), ("hu", "ma jobb"), ("ar", "اليوم أفضل"), ("fa", "امروز بهتره"), ("ur", "آج بہتر ہے"),
    ("so", "maanta ayaa fiican"), ("tl", "mas maganda ngayon"), ("vi", "hôm nay thì tốt hơn"), ("fr", "plutôt bien aujourd'hui"), ("bn", "আজ ভালো হয়"),
])
def test_how_she_is_today_is_no_wish_to_be_asked_then(wishes: WishBook, lang: str, text: str) -> None:
    assert wishes.hear(text, (lang,)) is None


def test_half_past_an_hour_is_whole_in_vietnamese() -> None:
    found = asks.when("lúc 8 giờ rưỡi", "vi", "Europe/London", dt.datetime(2026, 12, 2, 5, tzinfo=dt.UTC))
    assert found.time == dt.time(8, 30)
