"""Real processes that are killed: the second layer, below the deterministic simulation.

A functions host with the app is a child process, Azurite another, and the clouds are HTTP servers
in this process, where the truth can be read. Every connection between them passes a relay
(`wire.py`), which kills the host with SIGKILL right before or right after the effect of a chosen
call, or resets the connection. At the end the rules of `simulation.verdict` decide.

Time. Settling, leases and second reads take minutes by the product's constants, and none of them
is changed here. The app's wiring takes a clock as an argument, and so do the clouds: both are given
one that runs `SPEED` times faster than the machine's (`hurry.py`), from a file that both processes
map. The host's timers follow it, and what host.json says of its queues is divided by the same
factor. Whatever is real stays real: sockets, storage, starting a process, and the timeouts of a
call. So everything here seems slower to the app by that factor, which makes races longer and no
promise easier to keep. While nothing is being worked on, waiting is skipped: the clock jumps to
when the next team is due. Azurite's own clock cannot follow a jump; what a killed host had taken
from a queue comes back after a time of its own (`host.QUEUE_LEASE`).

The same seed draws the same acts and kills; how the processes interleave is up to the machine.
"""
