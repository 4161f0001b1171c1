"""Faults of moto 5.2, put right where it starts: Python loads this file by itself, by PYTHONPATH.

Only what would make a test say something about moto instead of us belongs into `corrections`; each of them says what AWS
does instead. Nothing outside of this folder knows of them.
"""

import corrections.answers
import corrections.atomic
import corrections.launches
import corrections.provider
import corrections.recorder
import corrections.slowness
import corrections.states
