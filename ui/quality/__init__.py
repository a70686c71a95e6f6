"""The parts of the page Quality: agreement, accuracy, fairness, rule sets."""
