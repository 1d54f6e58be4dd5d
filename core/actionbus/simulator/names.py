"""The names that generated matches draw from, all invented: cities, teams and players."""

from __future__ import annotations

CITIES = (
    "Aldermoor", "Brixholm", "Caldermouth", "Dunvarra", "Eastmere", "Fallowby", "Granholt", "Harrowgate Bay",
    "Iskarra", "Jutwick", "Kestrel Point", "Lindenau West", "Marrowdale", "Northavel", "Oakenford", "Port Tallis",
    "Quillon", "Ravensholt", "São Valério", "Thornwater", "Umberside", "Vestergård", "Wexcombe", "Yarrowfield",
)  # fmt: skip

TEAMS = (
    "Anchors", "Badgers", "Comets", "Drifters", "Embers", "Foxes", "Gales", "Herons", "Ironclads", "Jackdaws",
    "Kingfishers", "Lanterns", "Millers", "Nomads", "Otters", "Pilots", "Quarrymen", "Riverhawks", "Sentinels",
    "Tidebreakers", "Voyagers", "Wardens", "Yeomen", "Zephyrs",
)  # fmt: skip

FIRST_NAMES = (
    "Adrian", "Akil", "Anders", "Bastien", "Bojan", "Caleb", "Darius", "Deon", "Elias", "Emeka", "Enzo", "Fabian",
    "Gael", "Goran", "Hakan", "Ignas", "Isaiah", "Jalen", "Jonas", "Kofi", "Lamar", "Leandro", "Luka", "Malik",
    "Marek", "Mateo", "Milos", "Nikola", "Noah", "Omar", "Oskar", "Pau", "Quentin", "Rasmus", "Romain", "Sami",
    "Sekou", "Stefan", "Tariq", "Teodor", "Terrell", "Tomáš", "Ugo", "Vasilis", "Viktor", "Wesley", "Xavier",
    "Yann", "Zoran", "Łukasz",
)  # fmt: skip

LAST_NAMES = (
    "Abernal", "Adeyomi", "Bakkelund", "Barrosa", "Belvoir", "Brankov", "Calloway", "Castelain", "Çelikal",
    "Dahlquist", "Delacour", "Dragunov", "Eboué-Marsh", "Ekström", "Falkenrath", "Farquharson", "Ferranti",
    "Gaithers", "Grabovski", "Halloran", "Hasselbeck", "Idrissou", "Ilincic", "Jankaitis", "Jorgensson",
    "Kallistos", "Karadzin", "Kowalczuk", "Lachapelle", "Langstrom", "Lazarov", "Mbokani", "Meridew", "Montclair",
    "Nakhale", "Novotnik", "O'Braddigan", "Okonjo", "Ostrander", "Palmarès", "Petrauskis", "Quintavalle",
    "Radulesco", "Rautala", "Rosewood", "Sagastizabal", "Sandoval-Reyes", "Szczepanik", "Tavaresh", "Thibodaux",
    "Tremaine", "Ulmanis", "Underhay", "Valančik", "Vandermolen", "Vukmirov", "Waltham", "Wojnar", "Yilmazer",
    "Zabala", "Zidarich", "Zwierz",
)  # fmt: skip

COLOURS = (
    "186, 12, 47", "0, 38, 255", "255, 242, 0", "0, 122, 61", "245, 130, 32", "91, 33, 182", "17, 24, 39",
    "236, 240, 241", "0, 150, 167", "128, 0, 32",
)  # fmt: skip
