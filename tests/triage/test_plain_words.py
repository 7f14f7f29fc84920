"""Plain words of danger in the order people write them, and the harmless words that once steered or alarmed: what the lists hear of them."""

from __future__ import annotations

import datetime as dt

import pytest

from casefile.vocabulary import Urgency
from triage import asks
from triage.phrases import PhraseBook
from triage.wishes import WishBook


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
