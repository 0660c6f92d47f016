"""Many nodes at once, for tests: `Simulation` in virtual time, `Swarm` in real time."""

from p2pevents.testing.hostile import Manner
from p2pevents.testing.invariants import Breach
from p2pevents.testing.organiser import Organiser
from p2pevents.testing.simulated_node import SimulatedNode
from p2pevents.testing.simulation import Happening, Simulation
from p2pevents.testing.swarm import Swarm, SwarmNode
from p2pevents.testing.weather import Weather

__all__ = [
    "Breach",
    "Happening",
    "Manner",
    "Organiser",
    "SimulatedNode",
    "Simulation",
    "Swarm",
    "SwarmNode",
    "Weather",
]
