"""Networks of logic gates: circuits that are learnt, and neurons that are bits."""

from __future__ import annotations

from infonb.experiments.logic_gates.experiment import LogicGates

__all__ = ["LogicGates"]
