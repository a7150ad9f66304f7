"""What hangs in a store: sheets drawn once in millimetres and written as PDF, SVG or PNG. Knows no database."""
