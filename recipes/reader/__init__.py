"""How the reader that travels with mini was made."""
