"""Building one version of a dataset from staged files and their mapping."""
