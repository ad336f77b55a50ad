"""Records what TensorBoard's own reader finds in the event file beside it: python record.py > reading.json

EventFileTest writes the same bytes again. Recorded with tensorboard 2.21.0.
"""

import json
import math
import pathlib

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

accumulator = EventAccumulator(str(pathlib.Path(__file__).parent), size_guidance={"scalars": 0})
accumulator.Reload()


def read(tag):
    """[step, wall time, value] of each event; what is no number as text."""
    return [
        [s.step, s.wall_time, s.value if math.isfinite(s.value) else str(s.value)] for s in accumulator.Scalars(tag)
    ]


tags = sorted(accumulator.Tags()["scalars"])
print("{" + ",\n".join(f"{json.dumps(tag)}: {json.dumps(read(tag))}" for tag in tags) + "}")
