"""How fast the program is, next to what it replaces and to what the machine allows."""
