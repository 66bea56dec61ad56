"""SQLite and Postgres: one SQLAlchemy Core code base, no ORM, plain text and integers in the tables."""
