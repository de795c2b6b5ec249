"""The benchmarks: the guard beside bare Flask, in turns.

``python3 -m benchmarks`` measures times, ``python3 -m benchmarks served`` those of
what is served more finely, ``python3 -m benchmarks instructions``
counts instructions, ``python3 -m benchmarks server`` drives a real server.
"""
