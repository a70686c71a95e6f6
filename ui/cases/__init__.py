"""The parts of the page Cases: queues, the case, its evidence and its judgement."""
