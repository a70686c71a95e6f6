"""Text to typed values."""
