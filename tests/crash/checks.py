"""What must hold however often the gateway was killed, as submitters, payers and the operator see it."""
import collections
import time

import answers
from claims import cents, read, received


def at_payers(world):
    """Each claim that counts at a payer, and where; a claim in two places is a fault."""
    found = {}
    for payer in world.payers:
        for name, data in payer.arrived().items():
            for claim in received(data):
                before = found.get(claim["number"])
                assert before is None, f"{claim['number']} is in {before and before['at']} and in {payer.name}/{name}"
                found[claim["number"]] = {**claim, "at": f"{payer.name}/{name}", "payer": payer.ident}
    return found


def settle(world, load, patience=240):
    """Lets everything come to its end, and looks at it."""
    if world.process.poll() is not None:
        world.start()
    world.wait_ready()
    wanted = {number: file for file in load.told for number in file.claims}
    end = time.monotonic() + patience
    while True:
        assert not world.faults, world.faults
        there = at_payers(world)
        statuses = listed(world) if wanted.keys() <= there.keys() else {}
        ends = {number: answers.end(claim) for number, claim in there.items()}
        if wanted.keys() <= there.keys() and statuses == ends:
            break
        if time.monotonic() > end:
            raise AssertionError(unsettled(world, wanted, there, statuses, ends))
        time.sleep(0.3)
    whole(wanted, there)
    acknowledged(world, load)
    handed_on(world, there, patience)


def listed(world):
    claims = world.all("/v1/claims?limit=500", "cursor")
    statuses = {claim["patient_control_number"]: claim["status"] for claim in claims}
    assert len(statuses) == len(claims), "a claim is listed twice"
    return statuses


def unsettled(world, wanted, there, statuses, ends):
    lost = sorted(wanted.keys() - there.keys())
    wrong = {n: (statuses.get(n), end) for n, end in ends.items() if statuses and statuses.get(n) != end}
    return (f"{len(lost)} claims that were told to be kept are at no payer: {lost[:5]}; {len(wrong)} have not come to their "
            f"end (is, must be): {dict(list(wrong.items())[:5])}\n{world.log_tail()}")


def whole(wanted, there):
    """Every claim of a file that was told to be kept is there as it was handed in."""
    for number, file in wanted.items():
        claim = there[number]
        assert claim["own"] == file.claims[number], f"{number} was changed: {claim['own']} of {file.claims[number]}"
        assert claim["payer"] == file.payer, f"{number} went to {claim['payer']}"
        assert claim.get("trace"), f"{number} has no trace number"
    traces = collections.Counter(claim["trace"] for claim in there.values())
    assert max(traces.values(), default=1) == 1, "a trace number was given twice"
    headers = collections.Counter((claim["payer"], claim["isa"][13], claim["at"]) for claim in there.values())
    numbers = collections.Counter((payer, number) for payer, number, _ in headers)
    assert max(numbers.values(), default=1) == 1, "an interchange control number was given twice"


def acknowledged(world, load):
    """Each submission that was named in a 202 is there, with its acknowledgements."""
    for submission in load.submissions:
        item = world.get(f"/v1/submissions/{submission}")
        assert item["state"] == "routed", f"submission {submission} is {item['state']}"
    sample = sorted(load.submissions)[::7]
    for submission in sample:
        for kind in ("ta1", "999", "277ca"):
            status, body = world.call("GET", f"/v1/submissions/{submission}/{kind}")
            assert status == 200 and body.startswith(b"ISA"), f"{kind} of {submission}: {status}"
    groups = collections.Counter()
    for file in world.mail("999"):
        groups.update(segment[2] for segment in read(file) if segment[0] == "AK1")
    missing = [file.number for file in load.told if groups[str(file.number)] != 1]
    assert not missing, f"files without exactly one 999: {[(n, groups[str(n)]) for n in missing[:5]]}"


def handed_on(world, there, patience):
    """Each answer of a payer counted once: its money and its words in the mailbox."""
    wanted = {number: answers.paid(claim) for number, claim in there.items() if not answers.refused(claim)}
    end = time.monotonic() + patience
    while len(paid := [pay for file in world.mail("835") for pay in pays(file)]) < len(wanted):
        assert time.monotonic() < end, f"{len(paid)} payments of {len(wanted)} were handed on"
        time.sleep(0.3)
    assert sorted(paid) == sorted(wanted.items()), "the remittances handed on are not those of the payers"
    told = collections.Counter()
    for file in world.mail("277ca"):
        told.update(segment[2] for segment in read(file) if segment[0] == "TRN" and segment[1] == "2")
    # Once by the gateway, once by the payer.
    odd = [(number, told[number]) for number in there if told[number] != 2]
    assert not odd, f"claims not told of exactly twice in 277CA: {odd[:5]}"
    for claim in world.all("/v1/claims?limit=500&status=paid", "cursor")[:25]:
        payments = world.get(f"/v1/claims/{claim['id']}")["payments"]
        assert len(payments) == 1, f"{claim['id']} has {len(payments)} payments"


def pays(file):
    return [(segment[1], cents(segment[4])) for segment in read(file) if segment[0] == "CLP"]


def at_rest(world):
    log = (world.folder / "gateway.log").read_text(errors="replace")
    assert "panicked" not in log, f"something panicked:\n{world.log_tail()}"
    for command in (("reconcile",), ("audit", "verify"), ("store", "check")):
        done = world.claimgate(*command, ok=False)
        assert done.returncode == 0, f"claimgate {command}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}"
