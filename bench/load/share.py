"""Holds processes to a share of the processor, with the control groups of the kernel (version 2, or version 1's cpu)."""

import os

ROOTS = ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup")
# Short, so that one who is held up while others wait for its lock is not held up for long.
PERIOD_US = 10_000


class Share:
    """A share of one core, for one group of processes; `None` of `make` where the kernel does not let us."""

    def __init__(self, folder, first):
        self.folder, self.first = folder, first

    @staticmethod
    def make(name, cores):
        quota = max(1000, int(cores * PERIOD_US))
        for root in ROOTS:
            folder = os.path.join(root, f"claimgate-bench-{os.getpid()}-{name}")
            first = os.path.exists(os.path.join(root, "cpu.cfs_quota_us")) or root.endswith("/cpu")
            try:
                os.mkdir(folder)
                share = Share(folder, first)
                if first:
                    share.write("cpu.cfs_period_us", PERIOD_US)
                    share.write("cpu.cfs_quota_us", quota)
                    # Within its share it is served before whatever else runs here.
                    share.write("cpu.shares", 16_384)
                else:
                    share.write("cpu.max", f"{quota} {PERIOD_US}")
                    share.write("cpu.weight", 1000)
                return share
            except OSError:
                if os.path.isdir(folder):
                    os.rmdir(folder)
        return None

    def write(self, name, value):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(str(value))

    def take(self, process):
        self.write("cgroup.procs", process)

    def held_up(self):
        """Periods in which the share was used up, and all periods in which there was work."""
        with open(os.path.join(self.folder, "cpu.stat")) as file:
            counts = dict(line.split() for line in file)
        return int(counts["nr_throttled"]), int(counts["nr_periods"])

    def end(self):
        """Once its processes have ended."""
        try:
            os.rmdir(self.folder)
        except OSError:
            pass  # Somebody is still in it; the kernel keeps an idle group at no cost.
