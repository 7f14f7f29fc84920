"""The dialects that phrases may be tagged with, of each language. Only read.py asks; nothing is learned from them."""

# Names are separated by commas; after a name come the other ways in which drafters wrote it. Case, accents and underscores do not matter.
DIALECTS = {
    "en": "pidgin, nigerian_pidgin, south_asian, ghanaian ghana, eastern_european, british, indian, singlish singapore, scottish scots scotland, "
          "filipino, jamaican, pakistani, kenyan, nigerian, manglish, trinidadian, london mle, northern northern_england northern_english, irish, "
          "northern_irish, geordie, scouse, brummie, caribbean, american, australian, south_african",
    "sq": "gheg geg gege, kosovo kosovar, tosk, arberesh",
    "vi": "southern south nam nam_bo miền_nam, central trung miền_trung hue, northern north bac, nghe_tinh nghe",
    "ro": "moldovan moldova moldovean moldovenesc basarabean, transylvanian ardeal ardelean ardelenesc, oltenian oltenia oltean oltenesc, banat banatean",
    "ar": "egyptian مصري, levantine شامي, sudanese سوداني, iraqi عراقي, gulf خليجي, maghrebi مغاربي darija, moroccan مغربي, yemeni يمني, "
          "tunisian تونسي, algerian جزائري, libyan ليبي",
    "ti": "tigray ትግራይ, asmara, adigrat, akele_guzai",
    "am": "wollo, gojjam gojam, addis addis_slang, gondar, shewa, gulf gulf_worker",
    "so": "maay, maxaa, northern waqooyi, benadiri benaadir banaadiri benaadiri, southern koonfur",
    "fa": "dari, hazaragi, isfahani, tajik, herati",
    "ur": "punjabi punjabi_mix, dakhni, pakistani",
    "hi": "bhojpuri भोजपुरी, haryanvi हरियाणवी, awadhi, marwari marwadi, punjabi, rajasthani, mumbai bambaiya, bihari, nepali nepali_hindi, braj",
    "bn": "sylheti সিলেটি, chittagonian chittagong chatgaya chatgaiya চাটগাঁইয়া, dhaka dhakaiya, noakhali, kolkata, barisal barishal",
    "zh": "cantonese 粤语 粵語, traditional, taiwanese taiwan, sichuan 四川话, northeastern northeast dongbei 东北话, shanghai",
    "pl": "silesian slask slaski, podhale podhalanski goral gorale highlander, poznan poznanski, podlasie podlaski, kashubian kaszubski, eastern",
    "bg": "shopski shop shopi shopska шопски, western western_bulgarian, rhodope rodopi, eastern east, northeastern northeast, rup",
    "hu": "szekely, paloc, northeastern, transylvanian, szeged szögedi, southern, eastern, romungro, orseg orsegi, szabolcs szabolcsi, csango",
    "lt": "samogitian zemaiciu zemaitian, dzukian dzuku, aukstaitian aukstaiciu, suvalkian suvalkieciu",
    "pt": "brazilian brazil brasil brasileiro br, european european_portuguese europeu portugal portugues pt, angolan angola angolano ao, "
          "mozambican mozambique mocambique mocambicano, african, cape_verdean cape_verde cabo_verde caboverdiano, "
          "guinean guinea guine guineense guinea_bissau, northeastern nordeste nordestino, gaucho, mineiro, carioca, caipira, alentejo alentejano, "
          "timorese timor, sao_tome",
    "es": "mexican mexico mexicano, latin_american, european spain espana peninsular, colombian colombia colombiano, caribbean caribe caribeno, "
          "argentine argentina argentino, rioplatense, venezuelan venezuela venezolano, andalusian andalucia andaluz, chilean chile chileno, "
          "dominican dominicana dominicano dominican_republic, peruvian peru peruano, central_american, cuban cuba cubano, ecuadorian, "
          "salvadoran salvadoreno, andean andino, costa_rican costa_rica, honduran hondureno honduras, paraguayan paraguayo",
    "fr": "west_african west_africa, african african_french afrique, ivorian ivoirien cote_d_ivoire nouchi, cameroonian cameroun camerounais camer, "
          "maghrebi maghreb maghrebin north_african, algerian algeria, congolese congo congolais, senegalese senegal senegalais, "
          "quebec quebecois, haitian haitien, belgian belgique belge, swiss suisse, beninese benin, malian mali, guinean guinee, togolese togo, verlan",
    "tr": "black_sea karadeniz, eastern dogu, aegean ege, anatolian anadolu, cypriot cyprus kibris, thracian trakya, southeastern southeast güneydoğu, "
          "antep, adana, konya, ankara, azeri",
    "uk": "surzhyk surzhik суржик, western, galician halychyna галицький, transcarpathian zakarpattia закарпатський, hutsul, "
          "poltava полтавський, polissia, odesa одеський",
    "ru": "central_asian central_asia, southern south, odesa odessa, ural, kazakh kazakhstan kazakh_russian, siberian sibir, belarusian belarus",
    "tl": "bisaya bisaya_flavoured visayan, cebuano, ilocano ilokano, batangas batangueno, hiligaynon ilonggo, bikol bicol",
}
