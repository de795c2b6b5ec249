"""What a hostile request costs, beside bare Flask: ``python3 -m tests.hostile``."""
