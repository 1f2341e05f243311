"""What generated biographies are made of: occupations in pairs, people, sentences."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CLOSINGS", "FAMILY", "FIELDS", "FIRST", "OCCUPATIONS", "OPENINGS", "SURNAMES", "Field"]


class Field(NamedTuple):
    """Two occupations of one field: what is said of both, and what of one only."""

    female: str  # the occupation in which most are women
    male: str
    places: tuple[str, ...]  # of the field: they do not tell the two apart
    shared: tuple[str, ...]
    telling: dict[str, tuple[str, ...]]


FIELDS = (
    Field(
        "nurse", "surgeon",
        ("the university hospital", "a children's hospital", "the county hospital",
         "a clinic by the river", "the emergency department", "a hospital in the north"),
        ("takes care of patients after accidents", "works long shifts with a large team",
         "writes a guide for the families of patients", "trains young colleagues in hygiene",
         "answers questions of patients before treatment", "keeps the records of each patient",
         "works abroad with a medical charity", "sits on the safety committee"),
        {
            "nurse": (
                "dresses wounds and sets up infusions", "leads the night shift of the ward",
                "measures pulse and blood pressure at the bedside",
                "holds a diploma in patient care", "runs the vaccination rounds",
                "hands out medicine on the ward",
            ),
            "surgeon": (
                "operates on hearts and lungs", "performs keyhole operations",
                "uses the scalpel with great calm", "leads the operating theatre",
                "transplants kidneys", "repairs hips and knees with titanium implants",
            ),
        },
    ),
    Field(
        "paralegal", "attorney",
        ("a law firm downtown", "the legal department of a bank", "a small firm near the court",
         "a legal aid office", "an office for tenants' rights", "a firm for family law"),
        ("deals with contracts and wills", "meets clients who cannot pay",
         "knows the rules on inheritance", "explains the law to newcomers",
         "works on a large case against a mine", "writes about the rights of tenants",
         "reads decisions of the supreme court", "speaks with witnesses"),
        {
            "paralegal": (
                "files documents with the clerk", "keeps the calendar of deadlines",
                "types and copies affidavits", "holds a certificate in legal assistance",
                "indexes the exhibits of a trial", "prepares binders before hearings",
            ),
            "attorney": (
                "has passed the bar exam", "gives opening statements before the jury",
                "argues appeals", "cross-examines experts", "is a partner of the firm",
                "defends clients at trial",
            ),
        },
    ),
    Field(
        "teacher", "professor",
        ("a school of music", "an institute in the old town", "a college by the sea",
         "the largest campus of the state", "an academy for languages", "a new campus"),
        ("explains fractions with drawings", "reads essays until late at night",
         "likes to answer questions after class", "organises an exchange with Spain",
         "works on a book about learning", "brings computers to the timetable",
         "is praised for clear lessons", "speaks about history to the public"),
        {
            "teacher": (
                "welcomes parents in the evening", "plans lessons for the fourth grade",
                "looks after the playground", "holds a certificate for primary education",
                "hangs up drawings of the pupils", "goes with the pupils to the zoo",
            ),
            "professor": (
                "supervises doctoral theses", "wins grants for research",
                "publishes in journals on algebra", "chairs the faculty",
                "gives lectures at conferences", "edits a journal of the academy of sciences",
            ),
        },
    ),
    Field(
        "interior designer", "architect",
        ("a studio in a former mill", "a practice for public buildings",
         "a studio with ten people",
         "an office above the market", "a firm for offices and hotels",
         "a workshop at the harbour"),
        ("likes light and plain rooms", "works with clients from the first sketch on",
         "restores old libraries", "draws plans for hotels on the coast",
         "prefers wood to plastic", "wins prizes for museums", "visits the site each week",
         "speaks about housing at fairs"),
        {
            "interior designer": (
                "chooses curtains and carpets", "mixes colours for bedrooms",
                "buys lamps and antique chairs", "knows all about textiles",
                "arranges sofas and mirrors", "draws wallpaper",
            ),
            "architect": (
                "calculates the load of bridges", "applies for building permits",
                "designs towers of steel and concrete", "holds a degree in structural engineering",
                "pours foundations", "models facades on the computer",
            ),
        },
    ),
)  # fmt: skip

OCCUPATIONS = tuple(name for field in FIELDS for name in (field.female, field.male))

_FEMALE = """
Alice Amelia Angela Anna Barbara Catherine Clara Diana Eleanor Emily Emma Esther Fiona Gloria
Hannah Helen Irene Jane Julia Laura Linda Lucy Margaret Maria Martha Nina Nora Olga Olivia
Patricia Rachel Rebecca Ruth Sarah Sophia Susan Teresa Vera Victoria Wendy
"""

_MALE = """
Adrian Albert Andrew Arthur Benjamin Charles Christopher Daniel David Edward Eric Eugene Felix
George Henry Hugo Ivan Jacob James Jonathan Joseph Kenneth Leonard Marcus Martin Matthew Michael
Nathan Oliver Oscar Patrick Paul Peter Richard Robert Samuel Simon Stephen Victor Walter
"""

_SURNAMES = """
Adler Ashby Barlow Beck Bell Brandt Burke Carver Castle Cole Cruz Dalton Drew Ekman Farrow Field
Fisher Foss Frost Garner Gale Hahn Hale Hart Holm Horn Keller Kent Lake Lang Lind Lowe Marsh
Mills Moss Novak Olsen Parry Pike Poole Quist Rasmussen Reed Rhodes Rowe Sand Sharp Silva Stone
Strand Tanaka Thorne Torres Vale Voss Wade Webb Winter Wolf York
"""

#: First names of the generated people; all are among the listed first names.
FIRST = {"female": tuple(_FEMALE.split()), "male": tuple(_MALE.split())}

SURNAMES = tuple(_SURNAMES.split())

#: Short, so that a small network is trained in seconds; every text has one with the gender in it.
OPENINGS = (
    "{title} {first} {last} {first_thing}.",
    "{first} {last} {first_thing}.",
    "{title} {last} {first_thing}.",
    "At {place}, {first} {last} {first_thing}.",
)

CLOSINGS = (
    "{Subject} also {second_thing}.",
    "Today {subject} {second_thing}.",
    "{Subject} {second_thing}, too.",
    "{Possessive} friends say that {subject} {second_thing}.",
)

FAMILY = (
    "{Subject} lives with {possessive} {partner}.",
    "{Subject} is the {parent} of {number} children.",
    "{Subject} grew up with {number} {siblings}.",
    "Friends call {object} {first}.",
)
