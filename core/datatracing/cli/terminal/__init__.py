"""Documents as text for a terminal. Names and messages come from strangers: all of them go through `text.plain`."""
