"""How the embedded encoder was made: unpacked, trimmed, stored as int8 rows, measured."""
