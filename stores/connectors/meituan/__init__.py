"""Meituan delivery: calls and status notices. Its member methods are not public: members come by file."""
