"""The program's words in a person's language: catalogues, which is spoken, what others wrote."""

from p2pevents.words.catalogue import DEFAULT, LANGUAGES, Catalogue, catalogue_of
from p2pevents.words.choosing import language_of, language_of_header
from p2pevents.words.spoken import _, _n, change, message, named, speak, spoken

__all__ = [
    "DEFAULT",
    "LANGUAGES",
    "Catalogue",
    "_",
    "_n",
    "catalogue_of",
    "change",
    "language_of",
    "language_of_header",
    "message",
    "named",
    "speak",
    "spoken",
]
