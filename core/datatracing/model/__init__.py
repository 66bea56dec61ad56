"""The words of DataTracing as types, and the fold. Standard library only: this runs inside users' tasks."""
