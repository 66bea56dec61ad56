"""Looking after DataTracing itself."""
