"""The engine: plans probes, runs them, has the evidence derived and judged, and builds the result."""
