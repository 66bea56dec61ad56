"""The inbox: its row, how events become rows and rows become events again, and what they may claim."""
