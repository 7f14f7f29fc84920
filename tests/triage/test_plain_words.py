"""Plain words of danger in the order people write them, and the harmless words that once steered or alarmed: what the lists hear of them."""

from __future__ import annotations

import pytest

from triage.phrases import PhraseBook
from triage.wishes import WishBook


@pytest.fixture(scope="module")
def book() -> PhraseBook:
    return PhraseBook.load()


@pytest.fixture(scope="module")
def wishes() -> WishBook:
    return WishBook.load()


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "Please call the police"), ("en", "can you call the police"), ("tl", "call the police po"), ("tl", "Tumawag po kayo ng pulis"), ("bg", "Извикайте полиция!"),
    ("bg", "Обади се на полицията"), ("hu", "hívja a rendőrséget"), ("hu", "hivj rendort"), ("pl", "zadzwoń na policję"), ("pt", "ligue pra polícia"),
    ("uk", "подзвоніть в поліцію"), ("ru", "позвоните в полицию"), ("ru", "вызовите, пожалуйста, полицию"), ("lt", "paskambinkit į policiją"), ("tr", "polisi ara"),
    ("zh", "帮我叫警察"), ("es", "Llamen la policia"),
    ("en", "my husband beats me"), ("bg", "мъжът ми ме бие"), ("bg", "toi me bie"), ("hu", "a férjem ver"), ("hu", "megvert"), ("es", "mi marido me pega"),
    ("fr", "mon mari me frappe"), ("fr", "il me bat"), ("pt", "meu marido me bate"), ("tl", "binubugbog niya ako"), ("zh", "老公打我"), ("zh", "他又打我了"),
    ("ru", "муж меня избил"), ("uk", "чоловік мене побив"), ("pl", "znowu mnie pobił"),
    ("ru", "он за дверью"), ("uk", "він під дверима"), ("pl", "on jest pod drzwiami"), ("bg", "той е отвън"), ("hu", "itt van az ajtó előtt"), ("lt", "jis stovi prie durų"),
    ("pt", "ele está lá fora"), ("es", "él está en la puerta"), ("fr", "il est dehors"), ("tr", "kocam kapıda"), ("tl", "nasa labas siya"), ("zh", "他来了"),
    ("es", "me quiero morir"), ("pt", "eu quero morrer"), ("bg", "ще се самоубия"), ("hu", "öngyilkos leszek"), ("ru", "покончу с собой"), ("pl", "nie chce mi się żyć"),
    ("ru", "он меня нашел"), ("ru", "он меня запер"), ("uk", "він мене знайшов"), ("uk", "він мене вб'є"), ("lt", "jis mane užrakino"), ("bg", "той ме намери"),
    ("bg", "той ме заключи"), ("pl", "on mnie zamknął"), ("pl", "on mnie zabije"),
])
def test_danger_is_heard_in_the_ordinary_order_of_words(book: PhraseBook, lang: str, text: str) -> None:
    assert book.hear(text, {lang}).urgency.escalates


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "I called the police yesterday about my bag"), ("en", "he is not at the door"), ("en", "he is outside with the children, we play football"),
    ("en", "my partner beats me at chess"), ("ru", "он не за дверью"), ("ru", "он стоял за дверью, это был почтальон"), ("ru", "я звонила вчера в полицию насчёт сумки"),
    ("ru", "не бойтесь, не покончу с собой"), ("ru", "в фильме он меня запер бы тоже"), ("ru", "сын потерялся, но он меня нашел в магазине"), ("uk", "він не за дверима"),
    ("uk", "не дзвоніть в поліцію"), ("uk", "я вчора дзвонила в поліцію через сумку"), ("uk", "тато мене не вб'є"), ("pl", "on nie jest pod drzwiami"),
    ("pl", "wczoraj dzwoniłam na policję w sprawie torebki"), ("pl", "nie dzwoń na policję"), ("pl", "rok temu mąż mnie zamknął na balkonie przez pomyłkę"),
    ("bg", "той не е отвън"), ("bg", "вчера се обадих на полицията за чантата"), ("bg", "тя се обади на полицията за чантата"), ("bg", "мъжът ми не ме бие"),
    ("bg", "ще се самоубия от работа"), ("bg", "преди година той ме намери в парка"), ("hu", "tegnap felhívtam a rendőrséget a táskám miatt"), ("hu", "a férjem nem ver"),
    ("hu", "ne hívj rendőrt"), ("hu", "itt van az ajtó előtt a csomag"), ("lt", "jis nestovi prie durų"), ("lt", "vakar skambinau į policiją dėl rankinės"),
    ("lt", "neskambinkit į policiją"), ("pt", "ele não está na porta"), ("pt", "ontem liguei para a polícia por causa da bolsa"), ("pt", "meu marido não me bate"),
    ("pt", "quer que eu ligue para a polícia amanhã?"), ("es", "no me pega"), ("es", "ayer llamé a la policía por mi bolso"), ("es", "él no está en la puerta"),
    ("es", "me quiero morir de la vergüenza"), ("es", "no llamen la policía"), ("fr", "mon mari me frappe pas"), ("fr", "il me bat aux échecs"), ("fr", "il n'est pas dehors"),
    ("fr", "il est dehors avec le chien"), ("tr", "kocam kapıda değil"), ("tr", "dün çantam için polisi aradım"), ("tl", "wala siya sa labas"),
    ("tl", "hindi niya ako binubugbog"), ("tl", "tumawag ako ng pulis kahapon dahil sa bag ko"), ("zh", "他没来"), ("zh", "他来了一封邮件"), ("zh", "老公打我电话"),
    ("zh", "以前老公打我"), ("zh", "昨天老师帮我叫警察了，包丢了"),
])
def test_their_denials_and_what_is_over_are_not(book: PhraseBook, lang: str, text: str) -> None:
    assert not book.hear(text, {lang}).hits


@pytest.mark.parametrize(("lang", "text"), [
    ("ru", "мне 10 лет назад делали операцию"), ("ru", "мне 15 лет снится один сон"), ("uk", "мені 10 років тому робили операцію"), ("es", "tengo 10"), ("pt", "tenho 15"),
    ("pl", "mam 10"), ("pl", "Przepraszam, pomyłka"), ("pl", "Poprzedni sms nie do was. Pomyłka, przepraszam."),
])
def test_years_minutes_and_a_mistake_say_nothing_of_her_or_her_phone(wishes: WishBook, lang: str, text: str) -> None:
    assert wishes.hear(text, (lang,)) is None


@pytest.mark.parametrize(("lang", "text"), [("ru", "мне 16 лет"), ("ru", "мне сейчас 16 лет и я одна"), ("uk", "мені 16 років"), ("uk", "мені зараз 16 років і я одна"),
                                            ("es", "tengo 16 años"), ("pt", "tenho 16 anos"), ("pl", "mam 16 lat")])
def test_an_age_is_still_heard(wishes: WishBook, lang: str, text: str) -> None:
    wish = wishes.hear(text, (lang,))
    assert wish is not None and wish.act == "under_age"


@pytest.mark.parametrize(("lang", "text", "never"), [
    ("ru", "Я вернулась", "start"), ("uk", "Я повернулась", "start"), ("tr", "devam", "start"), ("en", "I am back", "start"),
    *((lang, text, "pause") for lang, text in (("bg", "почивка"), ("hu", "pihenő"), ("hu", "szünet"), ("es", "descanso"), ("ru", "перерыв"), ("uk", "перерва"),
                                               ("lt", "pertrauka"), ("pl", "przerwa"), ("tr", "mola"), ("fr", "une pause"), ("en", "break"))),
    ("hu", "elég volt", "stop"), ("es", "salir", "stop"), ("fr", "annuler", "stop"),
])
def test_an_everyday_word_is_no_order(book: PhraseBook, lang: str, text: str, never: str) -> None:
    assert never not in book.hear(text, {lang}).keywords


@pytest.mark.parametrize(("lang", "text"), [("hu", "Hívott?"), ("ru", "Звонил?"), ("tr", "aradı"), ("uk", "дзвонив"), ("hu", "az utcán vagyok")])
def test_who_called_or_where_she_is_just_now_is_no_alarm(book: PhraseBook, lang: str, text: str) -> None:
    assert not book.hear(text, {lang}).hits


@pytest.mark.parametrize(("lang", "text"), [("zh", "不要再发信息了"), ("zh", "請不要再傳訊息"), ("zh", "別再傳訊息給我"), ("tl", "wag nyo na po akong i-text")])
def test_a_stop_is_heard_as_it_is_written(book: PhraseBook, lang: str, text: str) -> None:
    assert "stop" in book.hear(text, {lang}).keywords
