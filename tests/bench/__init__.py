"""The benchmarks: their gates can fail, and their page shows what was measured."""
