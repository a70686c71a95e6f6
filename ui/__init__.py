"""What the pages share: texts, state, caches, guard, charts, exports."""
