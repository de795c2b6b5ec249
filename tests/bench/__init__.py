"""The benchmarks: only right answers are measured, and their gate can fail."""
