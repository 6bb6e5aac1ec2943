"""The names that the demo is made of."""

from __future__ import annotations

FIRST_NAMES = (  # noqa: SIM905  a list of a hundred literals says no more
    "Ada Aisha Alma Amara Anja Anton Arda Ayşe Bela Ben Birgit Bruno Carla Carlos Chiara Clara Daan Daniel Deniz "
    "Dilara Ebba Elena Elias Emil Emre Erik Esra Eva Fatima Felix Fiona Florian Frida Georg Gülay Hanna Hannes Heidi "
    "Henri Ida Ilse Imran Ines Ingrid Ivan Jakob Jana Jonas Jonathan Josefine Julia Kai Karim Katja Kim Konrad Lara "
    "Lars Lea Leila Lena Leo Lina Linh Lotte Luca Lucía Magda Malik Mara Marek Maria Marie Marta Mats Mei Mehmet Mila "
    "Minh Mira Moritz Nadia Naomi Nele Nick Nils Nina Noah Nora Olga Oskar Paul Paula Petra Quentin Rania Ravi Renate "
    "Robin Romy Rosa Samir Sara Selin Simon Sofia Sven Tarek Theo Thea Tilda Tim Tobias Tomás Ulla Uwe Vera Viktor "
    "Wanda Werner Yara Yusuf Zoe Zofia "
).split()
LAST_NAMES = (  # noqa: SIM905  a list of a hundred literals says no more
    "Adler Ahmadi Albrecht Arslan Bauer Becker Berger Bianchi Böhm Brandt Braun Busch Çelik Chen Costa Demir Dietrich "
    "Engel Fernández Fischer Frank Friedrich Fuchs García Graf Groß Günther Haas Hahn Hansen Hartmann Heinrich "
    "Herrmann Hoffmann Horn Huber Ito Jansen Jäger Kaiser Kaya Keller Klein Koch Köhler König Kowalski Krämer Kraus "
    "Krüger Kuhn Lang Lehmann Lindner Lorenz Ludwig Maier Martin Mayer Meier Meyer Möller Moreau Müller Nagy Neumann "
    "Nguyen Novak Okafor Öztürk Park Peters Pfeiffer Pohl Rossi Roth Sauer Schäfer Schmid Schmidt Schneider Scholz "
    "Schreiber Schröder Schulz Schuster Schwarz Seidel Silva Simon Singh Sommer Stein Tran Vogel Vogt Wagner Walter "
    "Weber Weiß Werner Winkler Wolf Yilmaz Ziegler Zimmer "
).split()
MAIL_HOSTS = ("mail.example", "post.example", "inbox.example", "letters.example")
STREETS = (
    "Ahornweg", "Bergstraße", "Birkenallee", "Blumenstraße", "Dorfstraße", "Eichenweg", "Gartenstraße", "Hauptstraße",
    "Kastanienallee", "Kirchplatz", "Lindenstraße", "Marktplatz", "Mühlenweg", "Rosenweg", "Schulstraße", "Uferstraße",
)  # fmt: skip
QUARTERS = (("10997", 9), ("10999", 8), ("12043", 5), ("12045", 5), ("10435", 3), ("13353", 2), ("14050", 1))

# sku, name, category, price in cents, how often it is taken
PRODUCTS = (
    ("BR-RYE", "Rye sourdough", "Bread", 490, 14),
    ("BR-WHL", "Wholegrain loaf", "Bread", 460, 11),
    ("BR-SPL", "Spelt loaf", "Bread", 520, 7),
    ("BR-BAG", "Baguette", "Bread", 280, 10),
    ("BR-CIA", "Ciabatta", "Bread", 340, 5),
    ("RO-SES", "Sesame roll", "Rolls", 70, 18),
    ("RO-PUM", "Pumpkin seed roll", "Rolls", 85, 16),
    ("RO-PRE", "Pretzel", "Rolls", 120, 12),
    ("PA-CRO", "Butter croissant", "Pastry", 220, 17),
    ("PA-CHO", "Chocolate croissant", "Pastry", 260, 9),
    ("PA-CIN", "Cinnamon bun", "Pastry", 310, 10),
    ("PA-FRA", "Franzbrötchen", "Pastry", 270, 6),
    ("CA-APP", "Apple cake, slice", "Cake", 380, 6),
    ("CA-CHE", "Cheesecake, slice", "Cake", 420, 6),
    ("CA-BDY", "Birthday cake", "Cake", 3900, 1),
    ("DR-COF", "Filter coffee", "Drinks", 260, 13),
    ("DR-LAT", "Oat latte", "Drinks", 390, 8),
    ("PA-STO", "Stollen", "Season", 1890, 1),
)
CHANNELS = (("shop", 68), ("web", 17), ("market", 11), ("phone", 4))
SOURCES = (("shop", 55), ("web", 20), ("market", 12), ("friend", 9), ("flyer", 4))
# By the tag of whom it is about.
NOTES = (
    ("Nut allergy", "Allergic to nuts. Always ask before a new recipe goes into the box."),
    ("Wholesale", "Runs the café at the corner; wants one invoice a month, by mail."),
    ("Regular", "Likes the crust dark."),
    ("Gluten-free", "Asked for gluten-free bread. Told them about the Thursday batch."),
    ("Bread club", "Their daughter turns five in June: birthday cake with strawberries last year."),
)
GREETING_SUBJECT = "Happy birthday, {{ customer.first_name }}!"
GREETING = """Dear {{ customer.first_name }},

All of us at the {{ workspace.name }} wish you a very happy birthday!

A cinnamon bun is waiting for you at the counter, today or any day this week. Just say it is your birthday.

{{ workspace.sender_name }}"""
PRIVACY_NOTICE = (
    "We keep your name, your address and what you buy, to serve you well. We write to you only about what you "
    "asked for, and you can take that back with one click in every message. We give your data to nobody. Ask us "
    "for a copy, or to delete everything, at the counter or by mail."
)
