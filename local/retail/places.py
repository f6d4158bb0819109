"""Where the retailer's customers live: Australian suburbs with their postcodes, weighted by population."""

from __future__ import annotations

from typing import NamedTuple


class Suburb(NamedTuple):
    """A suburb: `weight` is thousands of people in its part of the state, roughly."""

    name: str
    state: str
    postcode: str
    weight: int


SUBURBS = (
    Suburb("Parramatta", "NSW", "2150", 900), Suburb("Newtown", "NSW", "2042", 800),
    Suburb("Blacktown", "NSW", "2148", 900), Suburb("Bondi", "NSW", "2026", 700),
    Suburb("Chatswood", "NSW", "2067", 700), Suburb("Cabramatta", "NSW", "2166", 600),
    Suburb("Newcastle", "NSW", "2300", 500), Suburb("Wollongong", "NSW", "2500", 450),
    Suburb("Wagga Wagga", "NSW", "2650", 250), Suburb("Coffs Harbour", "NSW", "2450", 220),
    Suburb("Dubbo", "NSW", "2830", 200), Suburb("Woolloomooloo", "NSW", "2011", 150),
    Suburb("Footscray", "VIC", "3011", 800), Suburb("Brunswick", "VIC", "3056", 800),
    Suburb("Box Hill", "VIC", "3128", 800), Suburb("Dandenong", "VIC", "3175", 700),
    Suburb("St Kilda", "VIC", "3182", 600), Suburb("Werribee", "VIC", "3030", 600),
    Suburb("Geelong", "VIC", "3220", 500), Suburb("Ballarat Central", "VIC", "3350", 300),
    Suburb("Bendigo", "VIC", "3550", 300), Suburb("Shepparton", "VIC", "3630", 200),
    Suburb("Fortitude Valley", "QLD", "4006", 700), Suburb("Sunnybank", "QLD", "4109", 700),
    Suburb("Ipswich", "QLD", "4305", 500), Suburb("Surfers Paradise", "QLD", "4217", 700),
    Suburb("Noosa Heads", "QLD", "4567", 400), Suburb("Toowoomba City", "QLD", "4350", 350),
    Suburb("Townsville City", "QLD", "4810", 350), Suburb("Cairns City", "QLD", "4870", 300),
    Suburb("Rockhampton", "QLD", "4700", 250), Suburb("Mount Isa", "QLD", "4825", 60),
    Suburb("Fremantle", "WA", "6160", 600), Suburb("Joondalup", "WA", "6027", 700),
    Suburb("Subiaco", "WA", "6008", 500), Suburb("Mandurah", "WA", "6210", 350),
    Suburb("Bunbury", "WA", "6230", 200), Suburb("Kalgoorlie", "WA", "6430", 80),
    Suburb("Broome", "WA", "6725", 40), Suburb("Glenelg", "SA", "5045", 500),
    Suburb("Norwood", "SA", "5067", 450), Suburb("Elizabeth", "SA", "5112", 400),
    Suburb("Mount Gambier", "SA", "5290", 150), Suburb("Port Augusta", "SA", "5700", 70),
    Suburb("Coober Pedy", "SA", "5723", 10), Suburb("Battery Point", "TAS", "7004", 200),
    Suburb("Glenorchy", "TAS", "7010", 180), Suburb("Launceston", "TAS", "7250", 130),
    Suburb("Devonport", "TAS", "7310", 60), Suburb("Belconnen", "ACT", "2617", 200),
    Suburb("Braddon", "ACT", "2612", 150), Suburb("Tuggeranong", "ACT", "2900", 120),
    Suburb("Nightcliff", "NT", "0810", 100), Suburb("Palmerston City", "NT", "0830", 80),
    Suburb("Alice Springs", "NT", "0870", 60),
)  # fmt: skip
STATES = ("NSW", "VIC", "QLD", "WA", "SA", "TAS", "ACT", "NT")
AREA_CODES = {"NSW": "2", "ACT": "2", "VIC": "3", "TAS": "3", "QLD": "7", "WA": "8", "SA": "8", "NT": "8"}
STREETS = (
    "George Street", "Victoria Road", "Sydney Road", "King Street", "Station Street", "Beach Road",
    "Church Street", "High Street", "Railway Parade", "Wattle Grove", "Banksia Crescent", "Kookaburra Court",
    "O'Connell Street", "The Esplanade", "Warrigal Road", "Military Road", "Rue d'Été", "Ngunnawal Drive",
)  # fmt: skip
