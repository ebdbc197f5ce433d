"""What goes in: sentences with marked words, dictionaries, the texts that firth carries.

This room knows no model: it reads files and gives back records with character offsets.
"""
