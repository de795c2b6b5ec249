"""The benchmarks: the guard beside bare Flask, in turn, in one process.

``python3 -m benchmarks`` measures times, ``python3 -m benchmarks instructions``
counts instructions, ``python3 -m benchmarks server`` drives a real server.
"""
