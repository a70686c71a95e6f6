"""The sample world: a simulated delivery business with planted, known truth."""
