"""Pure functions on arrays: no model, no file, no clock."""
