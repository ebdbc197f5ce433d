"""How the encoder aboard is made, from its source to its card."""
