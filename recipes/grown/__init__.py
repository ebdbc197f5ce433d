"""How the training that travels with firth was made."""
