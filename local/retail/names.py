"""Given and family names as Australia's registers hold them, with accents and in more than one script."""

from __future__ import annotations

GIVEN = (
    "Charlotte", "Oliver", "Amelia", "Noah", "Isla", "Jack", "Olivia", "William", "Mia", "Leo", "Ava", "Henry",
    "Grace", "Charlie", "Zoë", "Thomas", "Chloé", "Hudson", "Siobhán", "Lachlan", "Matilda", "Jarrah", "Kirra",
    "Mai", "Linh", "Minh", "Tuấn", "Wei", "Xiu", "Jun", "Priya", "Arjun", "Fatima", "Omar", "Yusuf", "Leila",
    "Giulia", "Marco", "Eleni", "Nikos", "Björn", "Søren", "Łukasz", "José", "Inês", "Renée", "Aroha", "Tāne",
    "Mele", "Dmitri",
)  # fmt: skip
FAMILY = (
    "Smith", "Jones", "Williams", "Brown", "Wilson", "Taylor", "Nguyễn", "Singh", "Kelly", "Martin", "O'Brien",
    "O'Sullivan", "Anderson", "White", "Thompson", "Walker", "Tran", "Chen", "Wang", "Lee", "Kaur", "Patel",
    "Papadopoulos", "Rossi", "Müller", "Kowalczyk", "García", "Gonçalves", "Jørgensen", "Yılmaz", "Hussein",  # noqa: RUF001 - a Turkish letter
    "Khoury", "de la Cruz", "van der Berg", "McDonald", "MacKenzie", "Te Rangi", "Tupou", "Ivanović", "Ó Néill",
)  # fmt: skip
# What a mailbox is called: letters that every mail server takes.
GIVEN_PLAIN = (
    "charlotte", "oliver", "amelia", "noah", "isla", "jack", "olivia", "william", "mia", "leo", "ava", "henry",
    "grace", "charlie", "zoe", "thomas", "chloe", "hudson", "siobhan", "lachlan", "matilda", "jarrah", "kirra",
    "mai", "linh", "minh", "tuan", "wei", "xiu", "jun", "priya", "arjun", "fatima", "omar", "yusuf", "leila",
    "giulia", "marco", "eleni", "nikos", "bjorn", "soren", "lukasz", "jose", "ines", "renee", "aroha", "tane",
    "mele", "dmitri",
)  # fmt: skip
# Written in their owners' script by the app, which lets people do so.
OTHER_SCRIPTS = (
    "王伟",
    "李娜",
    "Νίκος Παπαδόπουλος",
    "Дмитрий Иванов",
    "فاطمة حسين",
    "प्रिया शर्मा",
    "김민준",
    "山田 花子",
)
MAIL_DOMAINS = ("example.com", "example.net", "example.org", "mail.example", "post.example")
# Few have most mailboxes.
MAIL_WEIGHTS = (55, 20, 12, 8, 5)
