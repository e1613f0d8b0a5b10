"""The files whose answers the peers are shown: generated batches clean and spoiled, the corpus, and oddities made by hand."""
import random
import subprocess
import sys
from pathlib import Path

KINDS = "PID"


def generated(generator, folder, claims):
    """Batches of each kind: clean ones, and ones with every defect that the generator knows."""
    made = []
    for kind in KINDS:
        for name, rate, seed in (("clean", 0, 1), ("spoiled", 0.3, 2)):
            out = folder / f"generated-{kind}-{name}.837"
            command = [sys.executable, generator, "--claims", claims, "--bad-rate", rate, "--kind", kind, "--seed", seed]
            done = subprocess.run([str(part) for part in command + ["--out", out]], capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{generator} failed: {done.stderr}")
            made.append(out)
    return made


def oddities(sample, folder):
    """One good batch, changed here and there by hand: each change is one file."""
    text = sample.read_text()
    head, body = text[:106], text[106:]
    changes = {
        "no-changes": [],
        "other-delimiters": "translate",
        "isa13-differs": [("IEA*", "IEA*9")],
        "ge-count": [("GE*1*", "GE*7*")],
        "se-count": [("\nSE*", "\nSE*1")],
        "se-control": [("\nST*837*0001", "\nST*837*0002")],
        "version-unknown": [("005010X222A1~", "005010X999A1~")],
        "version-4010": [("005010X222A1~", "004010X098A1~")],
        "group-unknown": [("GS*HC*", "GS*PO*")],
        "transaction-unknown": [("ST*837*", "ST*850*")],
        "st03-differs": [("*0001*005010X222A1", "*0001*005010X223A2")],
        "no-billing-npi": [("*XX*", "**")],
        "no-submitter": [("NM1*41*", "NM1*ZZ*")],
        "no-bht": [("BHT*", "BHX*")],
        "unknown-segment": [("\nCLM*", "\nQQQ*1~\nCLM*")],
        "misplaced-segment": [("\nCLM*", "\nSV1*HC:99213*1*UN*1***1~\nCLM*")],
        "bad-charge": [("*UN*", "*UN*X")],
        "bad-date": [("DTP*472*D8*20", "DTP*472*D8*99")],
        "hl-parent": [("HL*2*1*22", "HL*2*7*22")],
        "hl-child": [("HL*1**20*1", "HL*1**20*0")],
        "long-control-number": [("\nCLM*", "\nCLM*" + "A" * 45)],
        "odd-letters": [("NM1*IL*1*", "NM1*IL*1*O'BRIEN & {SONS} #1 ")],
        "trailing-separators": [("~\nHI*", "***~\nHI*")],
        "repeated-dtp": [("\nLX*1~", "\nLX*1~\nLX*1~")],
        "many-repetitions": [("HI*ABK:", "HI*" + "^".join(["ABK:A41"] * 3) + "*ABK:")],
        "two-groups": "groups",
        "two-interchanges": "interchanges",
        "empty-group": "empty",
        "truncated": "truncate",
    }
    made = []
    for name, change in changes.items():
        if change == "translate":
            changed = text.translate(str.maketrans("*:~^", "|>\x1c!")) if "!" not in text else text
        elif change == "groups":
            start, end = body.index("GS*"), body.index("IEA*")
            group = body[start:end]
            changed = head + body[:end] + group.replace("*1*X*", "*2*X*", 1).replace("GE*1*1~", "GE*1*2~") + body[end:].replace("IEA*1*", "IEA*2*")
        elif change == "interchanges":
            changed = text + text
        elif change == "empty":
            start, end = body.index("ST*"), body.index("GE*")
            changed = head + body[:start] + body[end:]
        elif change == "truncate":
            changed = text[: len(text) * 2 // 3]
        else:
            changed = text
            for old, new in change:
                changed = changed.replace(old, new)
        path = folder / f"odd-{name}.837"
        path.write_text(changed)
        made.append(path)
    return made


def damaged(sample, folder, count):
    """One good batch with a byte changed, removed or added here and there, the same each time."""
    made = []
    for seed in range(count):
        draw = random.Random(seed)
        data = bytearray(sample.read_bytes())
        for _ in range(draw.randint(1, 5)):
            at = draw.randrange(106, len(data))
            act = draw.randrange(3)
            if act == 0:
                data[at] = ord(draw.choice("*:~^ \n0A9z-."))
            elif act == 1:
                del data[at]
            else:
                data.insert(at, ord(draw.choice("*:~^ \n0A9z-.")))
        path = folder / f"damaged-{seed:03}.837"
        path.write_bytes(bytes(data))
        made.append(path)
    return made
