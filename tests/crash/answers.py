"""What a payer answers: TA1, 999, 277CA and 835 for each file that reached it."""
import itertools

from claims import amount, day, interchange, isa, read, received

NUMBERS = itertools.count(500_000_001)
GATEWAY = "CLAIMGATE"


def place(claim):
    return int("".join(c for c in claim["number"] if c.isdigit()))


def refused(claim):
    return place(claim) % 10 == 0


def end(claim):
    """The status a claim must come to."""
    if refused(claim):
        return "payer_rejected"
    return "denied" if place(claim) % 5 == 1 else "paid"


def paid(claim):
    return claim["charge"] - claim["charge"] // 5 if end(claim) == "paid" else 0


def all_of(payer, data):
    """The answers to a file, by what they are."""
    claims = received(data)
    out = [("ta1", ta1(payer, data)), ("999", ack999(payer, data)), ("277ca", ack277ca(payer, claims))]
    adjudicated = [claim for claim in claims if not refused(claim)]
    if adjudicated:
        out.append(("835", remittance(payer, adjudicated)))
    return out


def ta1(payer, data):
    envelope, number = read(data)[0], next(NUMBERS)
    return (f"{isa(payer, GATEWAY, number)}~TA1*{envelope[13]}*{envelope[9]}*{envelope[10]}*A*000~"
            f"IEA*0*{number:09}~").encode()


def ack999(payer, data):
    transactions, count = [], 0
    for segment in read(data):
        if segment[0] == "GS":
            count = 0
            transactions.append([f"ST*999*{len(transactions) + 1:04}*005010X231A1",
                                 f"AK1*{segment[1]}*{segment[6]}*{segment[8]}"])
        elif segment[0] == "ST":
            count += 1
            transactions[-1] += [f"AK2*{segment[1]}*{segment[2]}*{segment[3]}", "IK5*A"]
        elif segment[0] == "GE":
            transactions[-1].append(f"AK9*A*{count}*{count}*{count}")
    return interchange(payer, GATEWAY, next(NUMBERS), "FA", "005010X231A1", transactions)


def by_provider(claims):
    groups = {}
    for claim in claims:
        groups.setdefault(claim["npi"], []).append(claim)
    return groups


def ack277ca(payer, claims):
    number, total = next(NUMBERS), amount(sum(claim["charge"] for claim in claims))
    out = ["ST*277*0001*005010X214", f"BHT*0085*08*P{number}*{day(0)}*1200*TH", "HL*1**20*1",
           f"NM1*PR*2*PAYER*****PI*{payer}", f"TRN*1*R{number}", f"DTP*050*D8*{day(0)}", f"DTP*009*D8*{day(0)}",
           "HL*2*1*21*1", f"NM1*41*2*CLAIM GATEWAY*****46*{GATEWAY}", f"TRN*2*{claims[0]['bht'][3]}",
           f"STC*A1:19:PR*{day(0)}*WQ*{total}"]
    level = 2
    for npi, group in by_provider(claims).items():
        level += 1
        above = level
        out += [f"HL*{above}*2*19*1", f"NM1*85*2*{group[0]['provider']}*****XX*{npi}"]
        for claim in group:
            level += 1
            charge = amount(claim["charge"])
            out += [f"HL*{level}*{above}*PT", f"NM1*QC*1*{claim['last']}*{claim['first']}****MI*{claim['member']}",
                    f"TRN*2*{claim['number']}"]
            if refused(claim):
                out.append(f"STC*A3:33*{day(0)}*U*{charge}")
            else:
                out += [f"STC*A2:20:PR*{day(0)}*WQ*{charge}", f"REF*1K*ICN{claim['trace']}"]
            out += [f"REF*D9*{claim['trace']}", f"DTP*472*D8*{claim['date']}"]
    return interchange(payer, GATEWAY, number, "HN", "005010X214", [out])


def remittance(payer, claims):
    transactions = []
    for npi, group in by_provider(claims).items():
        total = sum(paid(claim) for claim in group)
        method = f"ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*{day(0)}"
        bpr = f"BPR*I*{amount(total)}*C*{method}" if total else f"BPR*H*0*C*NON************{day(0)}"
        out = [f"ST*835*{len(transactions) + 1:04}", bpr, f"TRN*1*EFT{next(NUMBERS)}*1512345678", f"DTM*405*{day(0)}",
               "N1*PR*PAYER", "N3*1 MAIN ST", "N4*SPRINGFIELD*IL*62701", "PER*BL*SUPPORT*TE*8005551212",
               f"N1*PE*{group[0]['provider']}*XX*{npi}", f"REF*TJ*{group[0]['tin']}", "LX*1"]
        for claim in group:
            pays = paid(claim)
            status, reason = ("1", "45") if pays else ("4", "50")
            out += [f"CLP*{claim['number']}*{status}*{amount(claim['charge'])}*{amount(pays)}**12*ICN{claim['trace']}*11*1",
                    f"CAS*CO*{reason}*{amount(claim['charge'] - pays)}",
                    f"NM1*QC*1*{claim['last']}*{claim['first']}****MI*{claim['member']}",
                    f"DTM*232*{claim['date']}", f"DTM*233*{claim['date']}"]
        transactions.append(out)
    return interchange(payer, GATEWAY, next(NUMBERS), "HP", "005010X221A1", transactions)
