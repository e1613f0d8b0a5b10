"""Files of invented 837P claims, fast: about 620 bytes, 25 segments and 2.5 lines a claim, no two claims alike, no
two files with the same control number. Same arguments, same bytes."""

import datetime
import random

LAST = "ADAMS BAKER CARTER DAVIS EVANS FOSTER GARCIA HUGHES IVERSON JONES KELLER LOPEZ MOORE NELSON OWENS PATEL".split()
FIRST = "ANNA BEN CARLA DAVID ELENA FRANK GRACE HENRY IRIS JAMES KAREN LUIS MARIA NOAH OLIVIA PETER".split()
DIAGNOSES = "J069 I10 E785 M5450 K219 F411 N390 R0789".split()
VISITS = [("99212", 75), ("99213", 125), ("99214", 180), ("99203", 165)]
TESTS = [("80053", 40), ("85025", 25), ("81003", 12), ("36415", 10)]


def npi(stem):
    """A National Provider Identifier from nine digits: the tenth is Luhn's, over 80840 and the nine."""
    total = 24
    for place, digit in enumerate(reversed(stem)):
        digit = int(digit) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return stem + str(-total % 10)


PROVIDERS = [(f"CLINIC {n + 1} OF SPRINGFIELD", npi(f"1{n:08d}"), f"37{n:07d}") for n in range(1, 200)]

PROVIDER = (
    "HL*%d**20*1~NM1*85*2*%s*****XX*%s~N3*100 MAIN ST~N4*SPRINGFIELD*IL*627011234~REF*EI*%s~"
)
CLAIM = (
    "HL*%d*%d*22*0~SBR*P*18*******CI~NM1*IL*1*%s*%s****MI*M%09d~N3*%d ELM ST~N4*SPRINGFIELD*IL*62701~"
    "DMG*D8*%s*%s~NM1*PR*2*BLUE STAR HEALTH*****PI*%s~CLM*%s*%d***11:B:1*Y*A*Y*Y~REF*G1*AUTH%d~HI*ABK:%s~"
    "NM1*82*1*EXAMPLE*ALEX****XX*1104876549~PRV*PE*PXC*207Q00000X~"
    "NM1*77*2*LAKESIDE OUTPATIENT CENTER*****XX*1234567893~N3*200 MAIN ST~N4*SPRINGFIELD*IL*627011234~%s"
)
LINE = "LX*%d~SV1*HC:%s*%d*UN*1***1~DTP*472*D8*%s~REF*6R*L%s-%d~"


class Numbers:
    """Numbers that no two files of a run share."""

    def __init__(self, sender="ACMEBILL", payer_id="BSTAR"):
        self.sender, self.payer_id, self.file, self.claim = sender, payer_id, 0, 0
        self.random = random.Random(2026)
        self.today = datetime.date.today()

    def write(self, claims, of_transaction=5000, of_provider=25):
        """The bytes of one file."""
        self.file += 1
        date, control = self.today.strftime("%Y%m%d"), f"{self.file:09d}"
        out = [
            f"ISA*00*          *00*          *ZZ*{self.sender:<15}*ZZ*CLAIMGATE      *{date[2:]}*0900*^*00501*{control}*0*T*:~"
            f"GS*HC*{self.sender}*CLAIMGATE*{date}*0900*{self.file}*X*005010X222A1~"
        ]
        transactions = 0
        for begin in range(0, claims, of_transaction):
            transactions += 1
            count = min(of_transaction, claims - begin)
            self.transaction(out, transactions, count, of_provider, date)
        out.append(f"GE*{transactions}*{self.file}~IEA*1*{control}~")
        return "".join(out).encode()

    def transaction(self, out, number, claims, of_provider, date):
        st02 = f"{number:04d}"
        body = [
            f"ST*837*{st02}*005010X222A1~BHT*0019*00*F{self.file}T{number}*{date}*0900*CH~"
            "NM1*41*2*ACME BILLING*****46*ACME01~PER*IC*CLAIMS DESK*TE*8005550100~NM1*40*2*CLAIMGATE*****46*CLAIMGATE~"
        ]
        level = provider = 0
        for place in range(claims):
            if place % of_provider == 0:
                level += 1
                provider = level
                body.append(PROVIDER % (level, *PROVIDERS[(self.claim // of_provider) % len(PROVIDERS)]))
            level += 1
            body.append(self.one(level, provider))
        segments = sum(part.count("~") for part in body) + 1
        body.append(f"SE*{segments}*{st02}~")
        out.extend(body)

    def one(self, level, provider):
        self.claim += 1
        n, draw = self.claim, self.random.random
        drawn = int(draw() * (1 << 48))
        day = (self.today - datetime.timedelta(days=10 + drawn % 60)).strftime("%Y%m%d")
        control = f"P{(n * 7919) % 100_000_007:08d}{n % 97:02d}"
        lines = [VISITS[drawn >> 6 & 3], *[TESTS[(drawn >> 8) + k & 3] for k in range(1 + (drawn >> 10 & 1))]]
        text = "".join(LINE % (k + 1, code, charge, day, n, k + 1) for k, (code, charge) in enumerate(lines))
        birth = "%d%02d%02d" % (1940 + (drawn >> 12) % 60, 1 + (drawn >> 18) % 12, 1 + (drawn >> 22) % 28)
        return CLAIM % (
            level, provider, LAST[drawn >> 27 & 15], FIRST[drawn >> 31 & 15], (n * 104_729) % 1_000_000_007,
            1 + (drawn >> 35) % 900, birth, "FM"[drawn >> 34 & 1], self.payer_id, control,
            sum(charge for _, charge in lines), n, DIAGNOSES[drawn >> 40 & 7], text,
        )
