"""Files of claims as a billing company writes them, and a plain reader of X12. Shares nothing with the gateway."""
import datetime

NPIS = ("1234567893", "1245319599")
BILLING = [("LAKESIDE FAMILY MEDICINE", "1234567893", "123456789"), ("HILLTOP CLINIC", "1245319599", "987654321")]


def day(back=2):
    return (datetime.date.today() - datetime.timedelta(days=back)).strftime("%Y%m%d")


def isa(sender, receiver, number, usage="T"):
    none = " " * 10
    return f"ISA*00*{none}*00*{none}*ZZ*{sender:<15}*ZZ*{receiver:<15}*{day(0)[2:]}*1200*^*00501*{number:09}*0*{usage}*:"


def interchange(sender, receiver, number, group, guide, transactions):
    """Transactions are lists of segments, ST first, without SE."""
    out = [isa(sender, receiver, number)]
    out.append(f"GS*{group}*{sender}*{receiver}*{day(0)}*1200*{number}*X*{guide}")
    for segments in transactions:
        out += segments
        out.append(f"SE*{len(segments) + 1}*{segments[0].split('*')[2]}")
    out.append(f"GE*{len(transactions)}*{number}")
    out.append(f"IEA*1*{number:09}")
    return ("~\n".join(out) + "~\n").encode()


class File:
    """One file handed in: its bytes, and its claims by control number."""

    def __init__(self, place, count, payer, large=0):
        self.number = 100_000_000 + place
        self.payer = payer
        name, npi, tin = BILLING[place % 2]
        head = ["ST*837*0001*005010X222A1", f"BHT*0019*00*B{place}*{day(0)}*1200*CH",
                "NM1*41*2*ACME BILLING*****46*ACMEBILL", "PER*IC*SUPPORT*TE*8005550100",
                "NM1*40*2*CLAIMGATE*****46*CLAIMGATE", "HL*1**20*1", f"NM1*85*2*{name}*****XX*{npi}",
                "N3*100 MAIN ST", "N4*SPRINGFIELD*IL*627011234", f"REF*EI*{tin}"]
        self.claims = {}
        for n in range(count):
            control = f"K{place:06}-{n + 1}"
            own = self.segments(control, place * 100 + n)
            self.claims[control] = own
            head += [f"HL*{n + 2}*1*22*0", *own]
        self.bytes = interchange("ACMEBILL", "CLAIMGATE", self.number, "HC", "005010X222A1", [head])
        # Blank lines at the end change no claim, and make the payload as large as is wanted.
        self.bytes += b"\n" * large

    def segments(self, control, n):
        charge = 100 + n % 900
        return ["SBR*P*18*GRP1******CI", f"NM1*IL*1*DOE{chr(65 + n % 26)}{chr(65 + n // 26 % 26)}*JANE****MI*W{n:09}", "N3*1 OAK AVE",
                "N4*SPRINGFIELD*IL*62702", "DMG*D8*19800615*F", f"NM1*PR*2*{self.payer}*****PI*{self.payer}",
                f"CLM*{control}*{charge}***11:B:1*Y*A*Y*Y", "HI*ABK:E119",
                f"NM1*82*1*WELBY*MARCUS****XX*{NPIS[n % 2]}", "PRV*PE*PXC*207Q00000X", "LX*1",
                f"SV1*HC:99213*{charge}*UN*1***1", f"DTP*472*D8*{day()}"]


def read(data):
    """The segments of a file, each a list of elements."""
    text = data.decode("ascii")
    element, end = text[3], text[105]
    return [part.strip("\r\n").split(element) for part in text.split(end) if part.strip("\r\n")]


def cents(text):
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("-").partition(".")
    return sign * (int(whole or 0) * 100 + int((part + "00")[:2]))


def amount(value):
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), 100)
    return f"{sign}{whole}" + (f".{part:02}" if part else "")


def received(data):
    """The claims of an 837 as a payer sees them."""
    found, envelope, now = [], {}, None
    for segment in read(data):
        name = segment[0]
        if name == "ISA":
            envelope = {"isa": segment}
        elif name == "GS":
            envelope["gs"] = segment
        elif name == "ST":
            envelope["st"] = segment
        elif name == "BHT":
            envelope["bht"] = segment
        elif name == "NM1" and segment[1] == "85":
            envelope["provider"], envelope["npi"] = segment[3], segment[9]
        elif name == "REF" and segment[1] == "EI":
            envelope["tin"] = segment[2]
        if name in ("HL", "SE"):
            now = None
        elif name == "SBR":
            now = {**envelope, "own": []}
        if now is not None:
            if name == "CLM":
                found.append(now)
                now["number"], now["charge"] = segment[1], cents(segment[2])
            elif name == "NM1" and segment[1] == "IL":
                now["member"], now["last"], now["first"] = segment[9], segment[3], segment[4]
            elif name == "DTP" and segment[1] == "472":
                now["date"] = segment[3]
            if name == "REF" and segment[1] == "D9":
                now["trace"] = segment[2]
            else:
                now["own"].append("*".join(segment))
    return found
