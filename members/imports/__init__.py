"""The set-based import engine: a sealed child reads and cleans, COPY stages, SQL matches, chunks are applied."""
