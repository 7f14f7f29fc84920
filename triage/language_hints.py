"""Everyday words and letters that give a language away. Data for language_id.py; drafted by a language model, needs native review.

Words are in the folded form that `language_id` compares: lower case, Latin letters without accents.
"""

from __future__ import annotations

# Native spelling in Latin letters, accents dropped.
LATIN = {
    "en": """the and you i im am is are was it its to of my me in for not what who where he she they this that have has do dont
        did no yes can cant will with at on from your we him her his how why when but please help thank thanks okay know need want
        call if so be just there here now today tomorrow home out going been got get someone all about any or""",
    "sq": """nuk jam eshte te dhe une ti me ne per nga qe do ka kam kjo ky ai ajo ata po jo si ku kur cfare pse mos ketu shtepi
        mire mir faleminderit flm dua mund se sot neser dje ime im tim tani shume sepse burri djali vajza ketij asgje edhe skam
        sjam ska s'kam s'jam nje njeri tjeter kush cdo duhet lutem sonte dikush gjithe jashte flas telefonin pa ndihme ndihm dera jane jemi erdhi tha thote jane kete tyre vetem frike ishte kom asht""",
    "vi": """toi khong ko la co anh chi em ban cua va nguoi nay do duoc cho dang da se muon biet gi nao voi roi rat nha di ve lam
        cam on xin chao hom mai goi dien thoai tien giup sao thi nhung bi van cung nua day ngoai cua truoc ngay bay gio moi ai
        chua dau khoe met so chong ho no minh chau noi con trong nhan qua hoi dung het phong tui thay tieng bao lai phai vo ong""",
    "ro": """nu este sunt sint eu si la de cu pe ma am ai are din pentru ca ce cine unde cand mai bine multumesc va te imi mie sa
        nici acum aici azi maine acasa vreau pot trebuie foarte el ea ei lui asta am-ul un o fara dar tot nimeni nimic sau cum ta
        zis zice casa usa daca n-am m-au mi-au mi-e cineva venit dupa dat au mea meu vine facut e s-a mi-a m-a am-am intr-o nu-i vorbesc stiu ajutor""",
    "so": """waan waa ma iyo ku ka ay uu in aan anigu adiga wax haa maya mahadsanid fiican ayaa baa soo la igu ii kuu maanta berri
        guriga kuma xagee wuxuu waxay haddii hadda caawi caawin lacag shaqo halkan isaga iyada miyaa wali kale badan waxaan kaa
        nin ninka ninkii joogaa jirta jira ilaa markaa caruurta taleefan qof qofna aad shaley fadlan cabsanayaa""",
    "pl": """nie jest jestem sie to w na z do ze i co jak gdzie kiedy dlaczego mnie mi moj moja ja ty on ona oni dla czy tak
        dziekuje prosze dzisiaj dzis jutro teraz bardzo mam masz ma dom domu pomoc pomocy moge chce ale juz tylko tu o ktos
        wszystko dobrze od przed byl byla byc mu go ich ten ta moze nikt""",
    "hu": """nem vagyok van az a egy es hogy mi ki hol mikor miert de meg most itt igen koszonom kerem jol ma holnap nekem engem o
        ez azt akarok tudok haza itthon segitseg mar csak nincs volt lesz kell nagyon minden vagy ha aki rendben valaki senki nalam
        szeretnek beszelni tudom fel elott ajto ferfi haz""",
    "lt": """ne as tu jis ji mes jus yra esu ir kad kas kur kada kodel man mano tavo taip aciu prasau siandien rytoj dabar labai
        noriu galiu bet su is i ar cia namai namuose padek padekite gerai nera buvo manes mane jau tik viskas ka kaip uz prie
        jie turiu niekas nieko kazkas del per o darbe nezinau skambink""",
    "pt": """nao eu voce vc ele ela estou esta sao de que o a os as um uma em no na com por para pra meu minha nos sim obrigado
        obrigada hoje amanha agora aqui casa quero posso muito bem mas nem tenho ajuda onde quando quem tudo foi sou isso mim ao
        do da dos das mais ninguem alguem fora fazer""",
    "es": """no yo tu el ella estoy esta son de que los las un una en con por para mi mis si gracias hoy manana ahora aqui casa
        quiero puedo muy bien pero tengo ayuda donde cuando quien me lo se hay del al todo nadie alguien soy fue eso necesito
        como le la y mas ya mucho nada hacer""",
    "fr": """je ne pas suis est il elle nous vous ils de le la les un une et en dans avec pour mon ma mes oui non merci
        aujourd'hui demain maintenant ici maison veux peux tres bien mais ai aide ou quand qui que ce c'est j'ai chez moi me
        tout ca va sont sur au du des plus besoin personne quelqu'un suis-je jai cest fait""",
    "tr": """ben sen o biz siz onlar degil var yok bir ve bu su ne kim nerede zaman neden evet hayir tesekkur tesekkurler ederim
        lutfen bugun yarin simdi burada ev evde evdeyim istiyorum iyiyim cok ama icin ile beni bana benim yardim gibi mi mu
        daha kapida adam biri kimse hic sonra her sey eve""",
    "tl": """ako ikaw siya kami kayo sila hindi oo opo po ang ng sa na mga ko mo niya ito iyan dito saan kailan sino bakit salamat
        ngayon bukas bahay gusto kailangan tulong wala walang meron may lang naman pero kasi ba yung si ay ka akong nasa para
        natin namin kanina labas trabaho kumusta ayos mabuti""",
}

# The same for languages of other scripts, as people write them in Latin letters.
ROMANISED = {
    "ar": """ana inta inti enta enti howa huwa heya hiya howe hiye mish mesh msh mosh mafi mafe fi shu shou eh leh lesh leish wein
        wen wain fein meen min ma3 3ala 3and 3andi 3endi 3ndi ya3ni yaani yalla shukran shokran la2 aywa aiwa naam na3am kwayes
        kwayes mnih mniha tayeb bukra bokra alyoum elyom lyom bas lazem ahad 7ada 7ad inshallah hamdulillah alhamdulillah wallah
        walla bidi bdi biddi ayez ayza 3ayez 3ayza 3awza kteer ktir hon hina hena halla2 zain zein tamam daba hada hadi haza el al
        il ma3i ma3aya beit bet alby galbi ya wa khalas mumkin sa3diny lw law kan kont itasel itasil dar abga aani ani mabi aby w bel fel bab yom kol zol wala shoghl wlad ibni binti bil barra ba3d lil khayfa ommi wildi kullu ana2 hassa dilwa2ti""",
    "ur": """mein main mai hun hoon ho hai hain hy nahi nahin nai kya kyun kyu mujhe mujhy mera meri mere aap tum woh wo yeh ye ka ki
        ke ko se par raha rahi rahe tha thi gaya gayi gya kar karo karna karta bohat bohot boht acha theek thik shukriya ji haan
        abhi kal aaj ghar madad paisa paise kahan kab kaun kon bhi sath liye kuch koi meherbani zyada bahir phir aur ne pe baat
        sakti sakta sab""",
    "hi": """main mein hu hun hoon ho hai hain nahi nahin kya kyu kyon mujhe mera meri mere aap tum vo woh wo yeh ye ka ki ke ko se
        par raha rahi rahe tha thi gaya gayi kar karo karna karta bahut accha acha theek thik dhanyavad dhanyawad ji haan abhi kal
        aaj ghar madad paisa paise kahan kab kaun bhi saath liye kuch koi kripya namaste jyada bahar phir aur ne pe baat sakti
        sakta sab""",
    "bn": """ami tumi apni amar amake tomar se ke ki kothay keno kemon bhalo valo achi ache nai na hobe korte korchi korbo ekhon aj
        kal bari basha taka dhonnobad lagbe chai jani kotha theke amader ekta onek bolte parchi parbo pari ashche baire shathe
        kaj kichu keu hoye jonno ar r e to oke ota eta""",
    "ti": """ane nsu nsa nsikha nska nski ab kab nab ms nay naye eyu eya eye eyom alo ala alewu aleku aleki kemey ezi ezu eti iti
        do yelen ayfelten ayfeltn yekenyeley hji hiji hjji lomi tsbah bzuh deliye delye aytdewl segha entay intay mentay menta kulu
        gzie btmet bejaka bejakum bejaki dehan hray gn gin nab bet kewn eshi koynu mis nizi tray nkid deki wedey gualey mgbi abey
        mn men nmn haftey aboy adey kea serah geza fereha ferihe seb srah hade kem deghe leyti mekina telefoney tmali yebleyn neyru neyre hizu ilu elu ysereh yhasb beal zelo zeleku""",
    "am": """ene ante anchi esu eswa issu iswa nachew new nesh neh negn nen alehu allehu alleh allew ale alech yelem yellem yelegnim
        min mindin yet lemin ahun zare nege tinant betam dehna izih ezih wede gin ena esti ebakih ebakish ebakachihu aydelem ayidelem
        felgalehu efelgalehu sew birr amesegnalehu ameseginalehu lay wist bet ishi eshi awo aydelehum alchilim alchalkum dewel dewil
        dewyilign irdugn erdugn enen yene""",
    "fa": """man to ma shoma oo in un az be ba ke va nist hast hastam nistam daram nadaram mikham mikhaam nemikham mikonam khoobam
        khubam khobam mersi mamnoon mamnun lotfan emrooz emruz farda alan inja koja chera chi kheyli kheili khaily khane khoone khune
        komak kon konid baram baraye nemidoonam nemidunam midoonam bashe are na salam dare mikone mitarsam mitoonam nemitoonam ro
        ra ye yek digeh dige kheir bale pool kar dar tashakor zang bezan shodam shode kasi karde kardam nadare darim goft payam shoma biroon khaste""",
    "ru": """ya ty on ona my vy oni ne net da chto shto kak gde kogda pochemu menya mne moy moya moi spasibo pozhaluysta segodnya
        zavtra seychas seichas ochen horosho khorosho doma pomogite u eto no dlya est bylo budet privet nichego mozhno nado hochu
        mogu vse i v s na po uzhe tolko zdes normalno poka on's nikto kto zdravstvuyte mnoy""",
    "zh": """wo ni ta women tamen bu shi zai le de yao shuo ren qu hao xiang jia dian yi tian jiu mei you li zhi shang qian lao ban gei xie hui
        ge hua zhe na shui ming jin hen dou he ye ma shen me zen mei bei ba zhao guo dao zi xia xian dianhua xiexie gong zuo men lai rang""",
    "uk": """ya ty vin vona my vy vony ne ni tak shcho scho sho yak de koly chomu mene meni miy moya dyakuyu bud laska sohodni zavtra
        zaraz duzhe dobre vdoma dopomozhit ye tse treba khochu mozhu pryvit i v z na vse vzhe tilky tut nikhto khto nemaye mnoyu
        harazd telefonuy""",
    "bg": """az ti toy toi tq tya nie vie te ne da kakvo kak kade kyde koga zashto men mi blagodarya merci molya molq dnes utre sega
        mnogo dobre vkashti pomosht e sam sum sym tova za ima nqma nyama iskam moga zdravei na v s ot si se koy nikoi shte sme
        doma hubavo ok li""",
}

OTHER_SCRIPTS = {
    "ar": """في من على انا أنا هو هي لا ما هذا هل عن مع الى إلى لي شو ليش وين مش انت يا كل بس اليوم بكرة شكرا نعم لم لن عندي كان قال
        الان الآن هنا الباب البيت احد أحد كيف ايش وش دي ده ليه فين دا زول حاجة كويس هسع شنو""",
    "fa": """در به از که این را است با برای نیست هستم می خوبم دارم نه هم یک او آن شما ما ندارم لطفا ممنون امروز فردا الان اینجا کجا
        چرا خیلی خانه کمک کنید رو تو هست بود شد سلام نمی میکنم باشه اما ولی هیچ کسی مرا است. شوم تشکر اینجاست""",
    "ur": """ہے میں نہیں کے کی کا ہوں مجھے آپ وہ ہیں سے کو پر اور یہ کیا میرا میری میرے نے تھا تھی رہا رہی گھر مدد شکریہ ٹھیک آج
        کل ابھی کچھ کوئی بہت یہاں کہاں ہو جی تم لیے گیا""",
    "bg": """е съм не на да си какво къде ще има няма аз ти той тя сега много добре в се за и от с ме ми как кой благодаря моля днес утре
        вкъщи са сме тук искам мога това никой сте нищо телефона къщи""",
    "ru": """я не что это как где есть у меня мне он она они сейчас очень хорошо нет да ты в на с и но мой моя спасибо пожалуйста
        сегодня завтра дома все здесь хочу могу кто никто был была так за вы мы всё помогите нужна меня""",
    "uk": """я не що це як де є у мене мені він вона вони зараз дуже добре ні так ти в на з і але мій моя дякую будь ласка сьогодні
        завтра вдома все тут хочу можу хто ніхто був була та за ви ми й до допоможіть немає мною""",
    "ti": """እየ እዩ እያ ኣብ ካብ ናብ ናይ ምስ ኣነ ንሱ ንሳ ኣሎ ኣላ ኣለኹ ኣለኩ የለን ሎሚ ጽባሕ ሕጂ እዚ እቲ ግን ወይ ከም ብዙሕ ደሓን የቐንየለይ በጃኹም በጃካ ገዛ
        እንታይ ኣበይ መን ስለ ኢሉ ኣይኮነን ኩሉ ድማ ክሳብ እንተ ምእንቲ ጽቡቕ ደልየ""",
    "am": """ነው ነኝ እኔ እሱ እሷ ነሽ ነህ ናቸው አለ አለሁ የለም አሁን ዛሬ ነገ በጣም ግን እና ወደ ላይ ውስጥ ምን የት ማን ለምን ቤት እባክዎ እባክህ እባክሽ
        እባካችሁ አመሰግናለሁ ደህና እዚህ ሰው አይደለም እፈልጋለሁ አልችልም ሁሉም ነበር ስለ እሺ አዎ""",
}

# Letters that, among our languages of the same script, only this one writes.
LETTERS = {
    "vi": "ăơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹĩũ",
    "ro": "țţș", "pl": "łęśźżćńą", "hu": "őű", "lt": "ėųūįšžč", "tr": "ğı", "sq": "ë", "es": "ñ¿¡", "pt": "ãõ", "fr": "œêèîû",
    "ur": "ٹڈڑںےہھ", "ar": "ةيىكإأؤ", "fa": "ژ",
    "uk": "іїєґ", "ru": "ыэё", "bg": "ѝ",
    "ti": "ቐቑቒቓቔቕቖኸኹኺኻኼኽኾኣሕሓዕዓ", "am": "ኝኛኜአ",
}
# Letters that none of our languages writes: Pashto and Sorani in Arabic script, kana, ...
FOREIGN = "ښڅځډړګېۍێۆڕڵە"
