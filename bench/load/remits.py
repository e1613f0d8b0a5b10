"""Reads the claims of a file that reached the payer, and writes 835 files that pay them: one transaction for each payee,
every service line paid, all balanced to the cent. Shares nothing with the gateway."""

import datetime
import itertools
from collections import namedtuple

# Money in cents; `lines` are (procedure, charge, line number).
Claim = namedtuple("Claim", "number trace npi tin provider last first member date charge lines")

TODAY = datetime.date.today().strftime("%Y%m%d")
OPENING = (
    "ST*835*%04d~BPR*I*%s*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*%s~TRN*1*EFT%d*1512345678~"
    "DTM*405*%s~N1*PR*BLUE STAR HEALTH~N3*1 STAR RD~N4*SPRINGFIELD*IL*62701~PER*BL*PROVIDER DESK*TE*8005550123~"
    "N1*PE*%s*XX*%s~REF*TJ*%s~LX*1~"
)
CLAIM = "CLP*%s*1*%s*%s*%s*12*%s*11*1~NM1*QC*1*%s*%s****MI*%s~DTM*232*%s~DTM*233*%s~"
LINE = "SVC*HC:%s*%s*%s**1~DTM*472*%s~CAS*CO*45*%s~CAS*PR*2*%s~REF*6R*%s~"


def cents(text):
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def amount(value):
    """As X12 writes it: no zeros at the end."""
    return f"{value // 100}.{value % 100:02d}".rstrip("0").rstrip(".")


def claims_of(data):
    """The claims of an 837P as the gateway delivers it."""
    found, provider, patient, open_claim = [], None, None, None
    element = chr(data[3])
    for segment in data.decode().replace("\n", "").split(chr(data[105])):
        parts = segment.split(element)
        name = parts[0]
        if name == "NM1" and parts[1] == "85":
            provider = [parts[3], parts[9], ""]
        elif name == "REF" and parts[1] == "EI" and open_claim is None:
            provider[2] = parts[2]
        elif name == "HL":
            open_claim = None
        elif name == "NM1" and parts[1] == "IL":
            patient = (parts[3], parts[4], parts[9])
        elif name == "CLM":
            # Number, charge, trace, day, lines.
            open_claim = [parts[1], cents(parts[2]), "", "", []]
            found.append((provider, patient, open_claim))
        elif name == "REF" and parts[1] == "D9":
            open_claim[2] = parts[2]
        elif name == "SV1":
            open_claim[4].append([parts[1].split(":")[1], cents(parts[2]), ""])
        elif name == "DTP" and parts[1] == "472":
            open_claim[3] = open_claim[3] or parts[3]
        elif name == "REF" and parts[1] == "6R":
            open_claim[4][-1][2] = parts[2]
    return [
        Claim(number, trace, npi, tin, payee, last, first, member, date, charge, lines)
        for (payee, npi, tin), (last, first, member), (number, charge, trace, date, lines) in found
    ]


class Remits:
    """Files no two of which share a control number or a trace."""

    def __init__(self, sender="BLUESTAR", receiver="CLAIMGATE"):
        self.sender, self.receiver = sender, receiver
        self.files, self.traces = itertools.count(700_000_001), itertools.count(1)

    def write(self, claims):
        """The bytes of one file, how many remittances it holds, and the cents it pays."""
        control = next(self.files)
        payees = {}
        for claim in claims:
            payees.setdefault((claim.npi, claim.tin, claim.provider), []).append(claim)
        out = [
            f"ISA*00*          *00*          *ZZ*{self.sender:<15}*ZZ*{self.receiver:<15}*{TODAY[2:]}*1200*^*00501*{control}*0*T*:~"
            f"GS*HP*{self.sender}*{self.receiver}*{TODAY}*1200*{control}*X*005010X221A1~"
        ]
        all_paid = 0
        for place, (payee, own) in enumerate(payees.items(), 1):
            paid, text = self.transaction(place, payee, own)
            out.append(text)
            all_paid += paid
        out.append(f"GE*{len(payees)}*{control}~IEA*1*{control}~")
        return "".join(out).encode(), len(payees), all_paid

    def transaction(self, place, payee, claims):
        npi, tin, name = payee
        body, total = [], 0
        for claim in claims:
            paid, text = self.one(claim)
            body.append(text)
            total += paid
        body = "".join(body)
        opening = OPENING % (place, amount(total), TODAY, next(self.traces), TODAY, name, npi, tin)
        segments = opening.count("~") + body.count("~") + 1
        return total, f"{opening}{body}SE*{segments}*{place:04d}~"

    def one(self, claim):
        """Of each line a tenth is beyond the contract and a tenth the patient's; the rest is paid."""
        lines, paid, share = [], 0, 0
        for code, charge, number in claim.lines:
            tenth = charge // 10
            pays = charge - 2 * tenth
            paid, share = paid + pays, share + tenth
            cut = amount(tenth)
            lines.append(LINE % (code, amount(charge), amount(pays), claim.date, cut, cut, number))
        head = CLAIM % (
            claim.number, amount(claim.charge), amount(paid), amount(share), f"ICN{claim.trace}",
            claim.last, claim.first, claim.member, claim.date, claim.date,
        )
        return paid, head + "".join(lines)
