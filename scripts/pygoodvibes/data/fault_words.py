"""Words for faults in names of folders and recordings, in English, French and German.

Comes in: a name, as people give it. Goes out: the part of it that speaks of a fault, '' if nothing
does. It is a reason to ask, not to leave a recording out: people call things as they like.
"""

import re
import unicodedata

BEGINNINGS = (
    *("fault", "fail", "defect", "broken", "damag", "malfunc", "anomal", "abnorm", "unhealth"),
    *("crack", "leak", "worn", "imbalan", "unbalan", "misalign", "looseness", "contamin", "error"),
    *("cavitat", "rattl", "squeal", "squeak", "jammed", "clogged", "corroded", "faill", "dysfonc"),
    *("defaut", "defaill", "anorma", "cassee", "endommag", "abime", "fissur", "fuite", "balourd"),
    *("desequilib", "desalign", "grippag", "usure", "mauvais", "erreur", "incident", "avari"),
    *("kaputt", "schlecht", "abweich", "auffallig", "auffaellig", "verschleiss", "undicht"),
    *("gerissen", "gebrochen", "verschlissen", "kavitat", "leck", "blockier"),
)
"""How words begin, in lower case and without accents."""

PARTS = (
    *("schaden", "schaeden", "schadig", "schaedig", "defekt", "storung", "stoerung", "fehler"),
    *("ausfall", "unwucht", "bruch"),
)
"""Parts of words, for compounds: 'Lagerschaden'."""

WORDS = (
    *("bad", "nok", "nio", "ng", "ko", "stuck", "loose"),
    *("panne", "pannes", "casse", "casses", "riss", "risse"),
)
"""Whole words that are too short to be looked for in others."""

_NOT = {"no", "non", "not", "without", "zero", "sans", "pas", "aucun", "aucune", "ohne"}
_NOT |= {"kein", "keine", "nicht", "never", "jamais"}
_FREE = ("frei", "freie", "free")
_SOUND = ("unbesch",)


def fault_word(name: str) -> str:
    """Return the word of a name that speaks of a fault, '' if none does.

    Parameters
    ----------
    name : str
        Of a file or folder. Case, accents, digits and signs between words don't matter: 'Défaut',
        'lager_SCHADEN-2', 'bearingFault'. What is denied is no fault: 'sans défaut', 'fault-free',
        'fehlerfrei'.
    """
    words = _words(name)
    for place, word in enumerate(words):
        before, after = words[max(0, place - 1) : place], words[place + 1 : place + 2]
        if _is_fault(word) and not _NOT & set(before) and not set(after) & set(_FREE):
            return word
    return ""


def _words(name: str) -> list[str]:
    """Split a name in words, in lower case and without accents."""
    apart = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", unicodedata.normalize("NFC", name))
    spelt = unicodedata.normalize("NFKD", apart.casefold())
    plain = "".join(letter for letter in spelt if not unicodedata.combining(letter))
    return re.findall(r"[^\W\d_]+", plain)


def _is_fault(word: str) -> bool:
    if word.endswith(_FREE) or word.startswith(_SOUND):
        return False
    return word in WORDS or word.startswith(BEGINNINGS) or any(part in word for part in PARTS)
