"""The benchmarks: what the guard costs, compared with bare Flask.

``python3 -m benchmarks`` measures times; its ``--help`` says what else there is, and
how the figures of the documentation and the record of instructions are renewed.
"""
