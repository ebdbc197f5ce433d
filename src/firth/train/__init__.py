"""One loop for everything that learns, and the tasks that run in it."""
