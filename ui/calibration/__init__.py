"""The parts of the page Calibration."""
