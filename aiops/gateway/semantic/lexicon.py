"""Words that the veto knows, in plain form: no accents, small letters. Unknown ones count as meaning."""

import re


def _list(words: str) -> list[str]:
    return words.split()


# Grammar alone: such words may come and go. Question words, pronouns, "was", "off", "out", "all" are not.
GRAMMAR = frozenset(
    _list("""
    a an the this that these those there it its is are be been being am do does did done have has
    having can could may might would of in on at for and or as by with from to into than then so also just
    only some that get got
    der die das den dem des ein eine einen einem einer eines ist sind sein hat habe haben kann konnen konnte
    und oder in im an am auf fur von vom zu zum zur mit als es
    le la les l un une des du de d est sont etre a ai as avons ont avoir peut peux puis pouvez et ou en dans
    sur pour par avec qu que ce cette
    el los las una unos unas es son ser esta hay puede puedo pueden y o al del por para con que se lo
    هذا هذه في على من الى هو هي ان و هل
    """)
)  # fmt: skip  # arguments by what they belong to
# What stands for direction: the next word of meaning belongs to it.
DIRECTIONS = frozenset(
    _list("""
    from to into onto out before after than over under between by against versus vs towards until since via
    aus nach von vom zu zum zur vor bis gegen uber unter als depuis vers avant apres contre entre par chez
    desde hacia hasta antes despues contra hasta من الى قبل بعد ضد
    """)
)
NEGATIONS = frozenset(
    _list("""
    not no never none nobody nothing neither nor without cannot nicht kein keine keinen keinem keiner nie
    niemals ohne weder non pas jamais aucun aucune sans rien ni sin nunca jamas ningun
    ninguna ninguno nada nadie
    لا لم لن ليس ليست غير بدون دون
    """)
)
JOINED = {  # without their apostrophe
    **{f"{verb}nt": f"{verb} not" for verb in _list("do does did is are was were has have had could would")},
    "cannot": "can not", "cant": "can not", "wont": "will not", "aint": "is not",
    "im": "i am", "ive": "i have", "whats": "what is",
    "wheres": "where is", "hows": "how is", "whens": "when is", "thats": "that is",
}  # fmt: skip  # pairs, read as a table
CLITIC = re.compile(r"(?<=\w)'(?:s|m|re|ve|ll|d)\b")
NOT = re.compile(r"\b(ca|wo|sha|\w+?)n't\b")
NOT_FORMS = {"ca": "can", "wo": "will", "sha": "shall"}
FILLERS = re.compile(
    r"\b(?:please|kindly|pls|thanks a lot|many thanks|thank you(?: very much| so much)?|thanks|thx|cheers|"
    r"hello there|hi there|hello|hi|hey|dear (?:sir|madam|team)|good (?:morning|afternoon|evening|day)|"
    r"sorry to bother you,? but|sorry,? but|excuse me|quick question|i was wondering|"
    r"(?:could|can|would) you (?:please )?(?:tell|let) me(?: know)?|um+|uh+|er|well|help|"
    r"bitte|danke(?: schon)?|vielen dank|hallo|guten (?:tag|morgen|abend)|konnen sie mir (?:bitte )?sagen|"
    r"s'il vous plait|s'il te plait|merci(?: beaucoup)?|bonjour|bonsoir|salut|pouvez-vous me dire|"
    r"por favor|gracias|muchas gracias|hola|buenos dias|buenas tardes|(?:puede|podria) decirme|"
    r"من فضلك|شكرا|مرحبا)\b"
)
CLOSE_FILLERS = re.compile(  # of what is written without spaces
    "请问|請問|你好|您好|谢谢|謝謝|麻烦你|麻烦您|お願いします|お願いいたします|ください|ありがとうございます|"
    "こんにちは|すみません|教えてください"
)
CLOSE_NEGATIONS = re.compile("ません|ない|なかっ|なく|なけれ|ずに|[不没沒無无未非别別勿]")
CURRENCIES = {
    "£": "pound", "€": "euro", "$": "dollar", "¥": "yen", "￥": "yen", "₹": "rupee", "%": "percent",
    "gbp": "pound", "eur": "euro", "usd": "dollar", "jpy": "yen", "cny": "yuan", "inr": "rupee",
    "pounds": "pound", "euros": "euro", "dollars": "dollar", "quid": "pound", "pct": "percent",
}  # fmt: skip  # pairs, read as a table
CLOSE_WORDS = re.compile("いつ|どこ|だれ|どう|どの|どれ|どちら|なに|なん|なぜ|いくら|いくつ|から|まで|より")
SPELT = {
    "were": "was",
    "cheque": "check",
    "cheques": "check",
    "checks": "check",
    "max": "maximum",
    "min": "minimum",
}
MONTHS = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "januar februar marz april mai juni juli august september oktober november dezember",
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    )
    for number, name in enumerate(names.split(), 1)
}
UNITS = {
    word: number
    for number, word in enumerate(
        _list(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
            "sixteen seventeen eighteen nineteen"
        )
    )
} | {
    word: 10 * number
    for number, word in enumerate(_list("twenty thirty forty fifty sixty seventy eighty ninety"), 2)
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
