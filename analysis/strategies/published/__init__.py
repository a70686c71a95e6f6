"""Strategies on a published dataset: sufficient statistics and panels out of SQL."""
