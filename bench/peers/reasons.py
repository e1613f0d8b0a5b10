"""Why claimgate and pyx12 disagree: who is the stricter, where ("file: what SEGMENT"), what it says, and the reason."""

import re

_ROWS = [
    ("pyx12", r"our 277ca", r"Hierarchical Child Code", "a provider that is rejected as such has no claims below it, and HL04 says so"),
    ("pyx12", r": \w+ N403", r"regular expression", "nine digits of ZIP code are an edit of level 4 here (`billing-zip-nine-digits`), with a status in the 277CA"),
    ("pyx12", r": \w+ N402", r"State Code", "states are an outside code list: level 5 here"),
    ("pyx12", r": \w+ (CLM|SV1)05", r"Place of Service", "places of service are an outside code list: level 5 here"),
    ("pyx12", r"swapped NM1 and NM1", r"2330A", "loops of one position in the standard (2330A and 2330B) come in any order here; it wants them in the guide's"),
    ("claimgate", r": repeated ", r"element-repeats", "it takes the repetition separator in an element that must not repeat for data"),
    ("claimgate", r": doubled (CLM|SBR|LX|CLP)", r"missing", "the second one begins its loop anew and leaves the first without what it must have; it looks at the last one only"),
    ("claimgate", r": (doubled|replaced) LX", r"line-number", "lines count 1, 2, 3 in each claim; it does not look at their numbers"),
    ("claimgate", r": emptied CL101", r"CL11", "the admission type is required by the later printing, and its map is of the former"),
]

REASONS = [(who, re.compile(place), re.compile(says), why) for who, place, says, why in _ROWS]
