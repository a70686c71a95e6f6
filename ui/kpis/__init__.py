"""The parts of the page KPIs: what it looks at, and what it draws."""
