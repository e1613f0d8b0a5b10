"""Reads each X12 file named and prints what pyx12 finds wrong with it: `path: sentence`, one a line. Run by an
interpreter that has pyx12. Each file by itself: what pyx12 stumbles over in one does not keep it from the next."""
import logging
import sys

import pyx12.params
import pyx12.x12n_document


class Gather(logging.Handler):
    def __init__(self):
        super().__init__()
        self.said = []

    def emit(self, record):
        if record.levelno >= logging.WARNING:
            self.said.append(" ".join(record.getMessage().split()))


gather = Gather()
logging.getLogger("pyx12").addHandler(gather)
logging.getLogger("pyx12").propagate = False
for path in sys.argv[1:]:
    gather.said.clear()
    try:
        sound = pyx12.x12n_document.x12n_document(pyx12.params.params(), path, None, None, None)
    except Exception as error:  # noqa: BLE001: whatever it is, it is told
        sound = False
        gather.said.append(f"pyx12 fails: {type(error).__name__} {error}")
    if not sound and not gather.said:
        gather.said.append("refused without a word")
    for sentence in gather.said:
        print(f"{path}: {sentence}")
