"""Names of invented people, as mixed as those of a real organization."""

from __future__ import annotations

import random
from itertools import islice, zip_longest

_CHINESE = 2
# First names and last names of one language each; every pair makes a person.
_CULTURES = (
    (
        "Astrid Björn Cecilia Elsa Göran Håkan Ingrid Jörgen Karin Lars Märta Nils Åsa Örjan",
        "Andersson Björkman Engström Håkansson Lindqvist Nyström Sjöberg Söderström Åkerlund Öberg",
    ),
    (
        "Alice Benjamin Charlotte Daniel Emily George Hannah Jacob Laura Oliver Sophie Thomas",
        "Baker Carter Edwards Fletcher Harrison Mitchell O'Brien Parker Reynolds Wright",
    ),
    (
        "伟 芳 娜 敏 静 丽 强 磊 军 洋",
        "王 李 张 刘 陈 杨 赵 黄 周 吴",
    ),
    (
        "أحمد فاطمة محمد عائشة يوسف مريم خالد ليلى عمر نور",
        "الحسن العلي حداد منصور النجار الخطيب سليمان قاسم",
    ),
    (
        "Αλέξανδρος Αθηνά Ελένη Γιώργος Μαρία Νίκος Κατερίνα Δημήτρης Σοφία",
        "Παπαδόπουλος Νικολάου Γεωργίου Ιωάννου Καραγιάννης Οικονόμου Βασιλείου",
    ),
    (
        "Zoë Ewa François José María Søren Łukasz Ağça Nguyễn Ana Çağla",
        "Müller García Lefèvre Kowalski Jørgensen Yılmaz Ferrari Dvořák Nowak Silva",
    ),
)


def names(count: int) -> list[str]:
    """`count` different names, always the same ones. Raises ValueError beyond some 600."""
    sources = [_pairs(number) for number in range(len(_CULTURES))]
    mixed = (name for row in zip_longest(*sources) for name in row if name)
    chosen = list(islice(mixed, count))
    if len(chosen) < count:
        raise ValueError(f"there are only {len(chosen)} names")
    return chosen


def _pairs(culture: int) -> list[str]:
    first, last = (words.split() for words in _CULTURES[culture])
    # Family names come first in Chinese.
    pairs = [f"{b}{a}" if culture == _CHINESE else f"{a} {b}" for a in first for b in last]
    random.Random(culture).shuffle(pairs)
    return pairs
