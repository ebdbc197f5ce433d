"""Articles that training must not see, because the model is measured on words of theirs.

A passage or a sentence of the question answering or word sense data stands in their first section.
"""

LEFT_OUT = frozenset(
    """
1973 oil crisis
Abu Bakr al-Razi
Alexandria
Amazon rainforest
Apollo program
Atlantic slave trade
Baal Shem Tov
Boris Yeltsin
Borneo
British Library
Brunei
Bucharest
Capitalism
Cartesian coordinate system
Chloroplast
Cleveland
Complejidad computacional
Computational complexity theory
Couch
Dallas
Djibouti
Doctor Who
Don Giovanni
Douglas Engelbart
Ethiopian Orthodox Tewahedo Church
First-order logic
Francia
French and Indian War
Function (mathematics)
Giovanni Boccaccio
Great Turkish War
György Ligeti
Honshu
Hooke's law
Hubble Space Telescope
Immune system
Istanbul
Ivan Pavlov
Jane Jacobs
Javanese language
Jazz
Joseph Smith
Joseph Stalin
Kenya
Kim Il Sung
Krakatoa
Late modern period
Latin American literature
Lens
Leonid Brezhnev
Les Demoiselles d'Avignon
Los Angeles
Luxembourg
Magadha
Malcolm X
Marxism–Leninism
Medan
Modern dance
Mole (unit)
Mormonism
Mysore
Nautical mile
Nervous tissue
Neuroscience
Nikita Khrushchev
Nikola Tesla
Nitrogen
Normans
North Korea
OECD
Orphanage
Osiris
Oxygen
Palace of Westminster
Parsley
Paul Samuelson
Postmodern architecture
Precipitation
Prime number
Princeton University
Rain
Ravi Shankar
Rhine
Samba
San Antonio
Santiago Ramón y Cajal
Satyendra Nath Bose
Scouting
Shandong
Siamese cat
Slow loris
Somaliland
Steam engine
Sulawesi
Sultan Agung of Mataram
Teoría de información
The Beatles
The Starry Night
Thomas Henry Huxley
Tree
Triceratops
University of Oxford
Uruguay
Warsaw
Watermelon
Wet season
William Henry Bragg
""".strip().split("\n")
)
